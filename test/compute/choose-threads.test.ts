import { expect, it } from "vitest";
import { OptionError } from "../../src/checks/option-error.ts";
import { chooseThreads } from "../../src/compute/choose-threads.ts";

it.each([0, 65, 1.5, 100_000])("refuses %d threads, and the error names the option", (threads) => {
  const expected = "a whole number from 1 to 64 is expected";
  const choose = () => chooseThreads(threads);
  expect(choose).toThrow(`threads ${threads}: ${expected}`);
  expect(choose).toThrow(OptionError);
  try {
    choose();
  } catch (error) {
    const spelled = error instanceof OptionError && error.spelled((option) => `--${option}`);
    expect(spelled).toBe(`--threads ${threads}: ${expected}`);
  }
});
