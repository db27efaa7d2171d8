#!/usr/bin/env node
import module from "node:module";

// Node 22 and later keep compiled modules in the folder for temporary files, for the runs that follow.
module.enableCompileCache?.();
const { settleColors } = await import("../dist/bundle/settle-colors.js");
settleColors(process.env);
const { main } = await import("../dist/bundle/main.js");
await main(process.argv.slice(2));
