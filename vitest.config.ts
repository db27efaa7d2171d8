import { defineConfig } from "vitest/config";

/** Tests are *.test.ts. Slow sweeps are *.sweep.ts and run in `npm run test:all` and `npm run test:nodes` only. */
const sweeps: Readonly<Record<string, readonly string[]>> = {
  all: ["test/**/*.sweep.ts"],
  nodes: ["test/record/*.sweep.ts"],
};

export default defineConfig(({ mode }) => ({
  test: {
    include: ["test/**/*.test.ts", ...(sweeps[mode] ?? [])],
    exclude: ["test/peers/**"],
    globalSetup: "test/temporary-root.ts",
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 30_000,
    // Modules are loaded once per worker, not per file. Many tests wait for processes: no core is left idle for vitest.
    isolate: false,
    maxWorkers: "100%",
    coverage: {
      include: ["src/**"],
      reporter: ["text-summary", "json-summary"],
    },
  },
}));
