import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Tests are *.test.ts. Slow sweeps are *.sweep.ts and run in `npm run test:all` and `npm run test:nodes` only. */
const sweeps: Readonly<Record<string, readonly string[]>> = {
  all: ["test/**/*.sweep.ts"],
  nodes: ["test/record/*.sweep.ts"],
  cluster: ["test/cluster/*.cluster.ts"],
  load: ["test/server/*.load.ts"],
};

/**
 * Least share of the lines of each folder that the tests run, in percent. What runs in processes of its own, as most of cli/
 * does, is not counted.
 */
const least = {
  bench: 90,
  chat: 95,
  checkpoint: 95,
  checks: 98,
  cli: 55,
  compute: 95,
  constrain: 95,
  convert: 97,
  data: 96,
  engine: 96,
  evaluate: 97,
  families: 96,
  files: 93,
  generate: 97,
  host: 90,
  hub: 95,
  library: 87,
  look: 97,
  model: 96,
  page: 95,
  prune: 95,
  reference: 97,
  server: 92,
  text: 92,
  tokenizer: 97,
  train: 78,
  weights: 97,
};

/** Many tests are skipped where ../shared is missing, so nothing is asked of the coverage there. */
const thresholds = existsSync(new URL("../shared", import.meta.url))
  ? Object.fromEntries(Object.entries(least).map(([folder, lines]) => [`src/${folder}/**`, { lines }]))
  : {};

export default defineConfig(({ mode }) => ({
  test: {
    include: ["test/**/*.test.ts", ...(sweeps[mode] ?? [])],
    exclude: ["test/peers/**"],
    globalSetup: "test/temporary-root.ts",
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Modules are loaded once per worker, not per file. Many tests wait for processes: no core is left idle for vitest.
    isolate: false,
    maxWorkers: "100%",
    coverage: {
      // The pages run in Chromium.
      include: ["src/**/*.ts"],
      exclude: ["src/page/browser/**", "src/server/page/browser/**"],
      reporter: ["text-summary"],
      thresholds,
    },
  },
}));
