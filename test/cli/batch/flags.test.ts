import { describe, expect, it } from "vitest";
import { batchFormat, isBatch } from "../../../src/cli/batch/flags.ts";

type Given = Parameters<typeof batchFormat>[0];

/** Arguments with these flags given. */
const given = (flags: Partial<Given>): Given => ({
  _: [],
  $0: "gpt",
  lines: undefined,
  jsonl: undefined,
  resume: undefined,
  ...flags,
});

describe("batchFormat", () => {
  it("says how lines are read", () => {
    expect(batchFormat(given({ lines: true, escape: true, samples: 1 }))).toBe("lines");
    expect(batchFormat(given({ jsonl: true, resume: "out.jsonl", output: "./out.jsonl" }))).toBe("jsonl");
  });

  it("refuses what does not go with a batch, or with the other flags of one", () => {
    const cases: readonly [flags: Partial<Given>, message: string][] = [
      [{ lines: true, jsonl: true }, "--lines or --jsonl, not both"],
      [{ resume: "out.jsonl" }, "give --lines or --jsonl too"],
      [{ lines: true, prompt: "" }, "leave the prompt out"],
      [{ jsonl: true, ids: [1] }, '--jsonl may have "ids"'],
      [{ lines: true, samples: 2 }, "one sample for each line"],
      [{ lines: true, noStream: true }, "--lines never streams"],
      [{ jsonl: true, escape: true }, "escapes of JSON"],
      [{ jsonl: true, resume: "-" }, "not with standard output"],
      [{ jsonl: true, resume: "a.jsonl", output: "b.jsonl" }, "leave --output out"],
      [{ jsonl: true, resume: "a.jsonl", output: "-" }, "leave --output out"],
    ];
    for (const [flags, message] of cases) {
      expect(isBatch(given(flags))).toBe(true);
      expect(() => batchFormat(given(flags))).toThrow(message);
    }
  });
});

it("isBatch leaves one prompt to others", () => {
  expect(isBatch(given({ prompt: "Once", output: "out.txt" }))).toBe(false);
});
