/** Prints the run's tally as its last line: `N passed, N failed, N skipped`. */
import type { Reporter, TestModule } from "vitest/node";

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const brokenModules = modules.filter((module) => module.errors().length > 0).length;
    const failed = count("failed") + brokenModules + unhandledErrors.length;
    process.once("exit", () => {
      process.stdout.write(`${count("passed")} passed, ${failed} failed, ${count("skipped")} skipped\n`);
    });
  }
}
