import { expect, it } from "vitest";
import { Tally } from "../../../../../src/cli/verbs/generate/batch/tally.ts";
import type { Sample } from "../../../../../src/text/samples/sample.ts";

const tallyOf = (lines: number, failed: number) => new Tally({ lines, failed, size: 0 });

it("Tally counts in words for one and for many", () => {
  expect(tallyOf(1, 0).finished()).toBe("1 line · generated 0 tok, - tok/s");
  expect(tallyOf(1, 1).finished()).toMatch(/^1 line, 1 failed: its result says why · /);
  expect(tallyOf(2000, 1000).finished()).toMatch(/^2,000 lines, 1,000 failed: their results say why · /);
  const guessing = tallyOf(0, 0);
  guessing.add({ ids: [1], draftedTokens: 3, acceptedTokens: 1 } as unknown as Sample);
  guessing.add({ ids: [1, 2], draftedTokens: 1, acceptedTokens: 1 } as unknown as Sample);
  expect(guessing.finished()).toMatch(/^2 lines · generated 3 tok, [\d,.]+ tok\/s · guessed 4, 50% right$/);
  expect(tallyOf(1, 0).stopped(undefined)).toBe("stopped after 1 line");
  expect(tallyOf(2, 0).stopped("out.jsonl")).toBe(
    "stopped after 2 lines; --resume out.jsonl goes on after them",
  );
});
