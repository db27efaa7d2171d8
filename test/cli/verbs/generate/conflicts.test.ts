import { describe, expect, it } from "vitest";
import { settled } from "../../../../src/cli/flags/conflicts.ts";
import { generateConflicts } from "../../../../src/cli/verbs/generate/conflicts.ts";
import type { GenerateArguments } from "../../../../src/cli/verbs/generate/flags.ts";

/** The arguments that are left of these, of which some were inherited. */
const settle = (args: Partial<GenerateArguments>, ...inherited: string[]) =>
  settled({ ...args, inherited: new Set(inherited) } as GenerateArguments, generateConflicts);

describe("generateConflicts", () => {
  it("refuse what was typed", () => {
    const cases: readonly (readonly [args: Partial<GenerateArguments>, message: string])[] = [
      [{ lines: true, samples: 2 }, "one sample for each line"],
      [{ interactive: true, json: true }, "leave --json out"],
      [{ interactive: true, file: "-" }, "--file needs a file"],
      [{ samples: 2, beams: 3 }, "beam search always finds the same text"],
      [{ logprobs: 1, color: "never" }, "--logprobs: give --json too"],
      [{ logprobs: 1, output: "out.txt" }, "--logprobs: give --json too"],
      [{ file: "-", noStdin: true }, "not with --no-stdin"],
      [{ parallel: 2 }, "--parallel is for several texts"],
      [{ interactive: true, parallel: 2 }, "leave --parallel out"],
      [{ draft: "small", lookup: 3 }, "--draft and --lookup both guess"],
      [{ draft: "small", beams: 3, lines: true }, "--draft does not go with beam search"],
      [{ draftMax: 3 }, "--draft-max says how much --draft guesses"],
    ];
    for (const [args, message] of cases) expect(() => settle(args), message).toThrow(message);
  });

  it("let what was inherited give way", () => {
    expect(settle({ lines: true, prompt: "Once" }, "lines")).toMatchObject({ lines: undefined });
    expect(settle({ lines: true, interactive: true }, "lines")).toMatchObject({
      lines: undefined,
      interactive: true,
    });
    expect(settle({ interactive: true, json: true, echo: true }, "json", "echo")).toMatchObject({
      json: undefined,
      echo: undefined,
    });
    expect(settle({ samples: 2, beams: 3 }, "beams")).toMatchObject({ samples: 2, beams: undefined });
    expect(settle({ samples: 2, beams: 3 }, "samples")).toMatchObject({ samples: undefined, beams: 3 });
    expect(settle({ samples: 2, beams: 3, temp: 0.5 }, "samples", "beams")).toMatchObject({ samples: 2 });
    expect(settle({ logprobs: 1, color: "never" }, "logprobs")).toMatchObject({ logprobs: undefined });
    expect(settle({ file: "-", noStdin: true }, "no-stdin")).toMatchObject({ noStdin: undefined });
    expect(settle({ parallel: 2 }, "parallel")).toMatchObject({ parallel: undefined });
    expect(settle({ draft: "small", draftMax: 2, beams: 3 }, "draft", "draft-max")).toMatchObject({
      draft: undefined,
      draftMax: undefined,
      beams: 3,
    });
    expect(settle({ draft: "small", lookup: 3 }, "lookup")).toMatchObject({
      draft: "small",
      lookup: undefined,
    });
  });

  it("leave alone what has its effect", () => {
    const args = {
      logprobs: 1,
      color: "always",
      samples: 2,
      beams: 1,
      echo: true,
      parallel: 2,
      lookup: 3,
    } as const;
    expect(settle(args, "logprobs", "samples")).toMatchObject(args);
  });
});
