#!/usr/bin/env node
import { settleColors } from "../dist/cli/settle-colors.js";

settleColors(process.env);
const { main } = await import("../dist/cli/main.js");
await main(process.argv.slice(2));
