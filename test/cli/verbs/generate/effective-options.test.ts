import { describe, expect, it } from "vitest";
import { effectiveOptions, rankedOptions } from "../../../../src/cli/verbs/generate/effective-options.ts";
import type { GenerateArguments } from "../../../../src/cli/verbs/generate/flags.ts";
import type { GenerateOptions } from "../../../../src/index.ts";

const holding = (
  typed: GenerateOptions,
  inherited: GenerateOptions,
  generationDefaults: GenerateOptions = {},
) => effectiveOptions({ typed, inherited }, { generationDefaults });

it("rankedOptions tells what was typed from what was inherited", () => {
  const args = { topK: 3, "top-k": 3, temp: 0.5, inherited: new Set(["top-k", "quiet"]) };
  expect(rankedOptions(args as unknown as GenerateArguments)).toEqual({
    typed: { temperature: 0.5 },
    inherited: { topK: 3 },
  });
});

describe("effectiveOptions", () => {
  it("takes both where they go together, what was typed first", () => {
    expect(holding({ topP: 0.5 }, { topP: 0.9, seed: 1 })).toEqual({ topP: 0.5, seed: 1 });
  });

  it("leaves out what was inherited and would be ignored", () => {
    expect(holding({ beams: 3 }, { temperature: 0.7, topK: 5, maxTokens: 9 })).toEqual({
      beams: 3,
      maxTokens: 9,
    });
    expect(holding({}, { lengthPenalty: 2 })).toEqual({});
    expect(holding({}, { temperature: 0.7, beams: 3 })).toEqual({ beams: 3 });
  });

  it("leaves out what was inherited and would make typed options be ignored", () => {
    expect(holding({ temperature: 0.7 }, { beams: 3, lengthPenalty: 2 })).toEqual({ temperature: 0.7 });
    expect(holding({ topK: 5 }, { temperature: 0 })).toEqual({ topK: 5 });
  });

  it("knows what the model advises", () => {
    expect(holding({}, { lengthPenalty: 2 }, { beams: 4 })).toEqual({ lengthPenalty: 2 });
    expect(holding({ temperature: 0.7 }, { lengthPenalty: 2 }, { beams: 4 })).toEqual({ temperature: 0.7 });
    expect(holding({}, { temperature: 0.7 }, { beams: 4 })).toEqual({ temperature: 0.7 });
  });

  it("refuses what was typed and would be ignored, in the words of flags", () => {
    expect(() => holding({ beams: 3, topP: 0.5 }, {})).toThrow(
      "top-p 0.5 does not go with beams 3: leave it out, or set beams to 1",
    );
    expect(() => holding({ lengthPenalty: 2 }, {})).toThrow("length-penalty 2 does not go with beams 1");
  });
});
