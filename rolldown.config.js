/**
 * Bundles what users load, the library and the command line: few files instead of two hundred are read in half the
 * time. Verbs stay files of their own, which load when they run, and dependencies stay outside.
 */
import { defineConfig } from "rolldown";

const entries = ["index.js", "cli/main.js", "cli/settle-colors.js"];

export default defineConfig({
  input: Object.fromEntries(entries.map((path) => [path.replace(/.*\/|\.js$/g, ""), `dist/${path}`])),
  platform: "node",
  external: /^[^./]/,
  output: { dir: "dist/bundle", cleanDir: true, entryFileNames: "[name].js", chunkFileNames: "[name].js" },
});
