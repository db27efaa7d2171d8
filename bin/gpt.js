#!/usr/bin/env node
import { settleColors } from "../dist/bundle/settle-colors.js";

settleColors(process.env);
const { main } = await import("../dist/bundle/main.js");
await main(process.argv.slice(2));
