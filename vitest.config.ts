import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/peers/**"],
    reporters: ["default", "./test/tally-reporter.ts"],
    testTimeout: 30_000,
  },
});
