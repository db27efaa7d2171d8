import { describe, expect, it } from "vitest";
import { settled } from "../../../../../src/cli/flags/conflicts.ts";
import { batchConflicts, batchFormat, isBatch } from "../../../../../src/cli/verbs/generate/batch/flags.ts";

type Given = Parameters<typeof batchConflicts>[0];

/** Arguments with these flags given. */
const given = (flags: Partial<Given>): Given => ({
  _: [],
  $0: "gpt",
  inherited: new Set<string>(),
  lines: undefined,
  jsonl: undefined,
  resume: undefined,
  parallel: undefined,
  ...flags,
});

it("batchFormat says how lines are read", () => {
  expect(batchFormat(given({ lines: true }))).toBe("lines");
  expect(batchFormat(given({ jsonl: true }))).toBe("jsonl");
});

describe("batchConflicts", () => {
  it("are none where all flags have their effect", () => {
    for (const flags of [
      given({ lines: true, escape: true, samples: 1 }),
      given({ jsonl: true, resume: "out.jsonl", output: "./out.jsonl" }),
    ]) {
      expect(settled(flags, batchConflicts)).toBe(flags);
    }
  });

  it("let what is inherited give way", () => {
    const flags = { lines: true, samples: 3, noStream: true };
    const inherited = new Set(["samples", "no-stream", "quiet"]);
    expect(settled(given({ ...flags, inherited }), batchConflicts)).toMatchObject({
      lines: true,
      samples: undefined,
      noStream: undefined,
    });
  });

  it("refuse what does not go with a batch, or with the other flags of one", () => {
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
      expect(() => settled(given(flags), batchConflicts)).toThrow(message);
    }
  });
});

it("isBatch leaves one prompt to others", () => {
  expect(isBatch(given({ prompt: "Once", output: "out.txt" }))).toBe(false);
});
