import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/peers/**"],
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 30_000,
    // Modules are loaded once per worker, not per file. Many tests wait for processes: no core is left idle for vitest.
    isolate: false,
    maxWorkers: "100%",
  },
});
