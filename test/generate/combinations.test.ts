import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { refuseIdle } from "../../src/generate/combinations.ts";
import type { GenerateOptions } from "../../src/generate/options.ts";

const refused = (options: GenerateOptions, beams: number) => () => refuseIdle(options, { beams });

describe("refuseIdle", () => {
  it("refuses with beam search what shapes the draw, naming the option, its value and a way out", () => {
    const shaping = { temperature: 0.5, topK: 3, topP: 0.9, minP: 0.1, typicalP: 0.7 };
    for (const [name, value] of Object.entries(shaping)) {
      expect(refused({ [name]: value }, 4)).toThrow(GptError);
      const message = `${name} ${value} does not go with beams 4: leave it out, or set beams to 1`;
      expect(refused({ [name]: value }, 4)).toThrow(message);
      expect(refused({ [name]: value }, 1)).not.toThrow();
    }
  });

  it("refuses with beam search what it does not report or do", () => {
    for (const options of [{ logprobs: 0 }, { promptLogprobs: true }, { overflow: "shift" }] as const) {
      expect(refused(options, 2)).toThrow("does not go with beams 2");
      expect(refused(options, 1)).not.toThrow();
    }
  });

  it("lets pass what changes nothing, and what beam search does", () => {
    const harmless: GenerateOptions[] = [
      {},
      { temperature: 0 },
      { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, typicalP: 1 },
      { overflow: "truncate-left", promptLogprobs: false },
      { seed: 5, repeatPenalty: 1.2, stop: ["x"], ban: ["y"], lengthPenalty: 2, earlyStopping: "never" },
    ];
    for (const options of harmless) expect(refused(options, 2)).not.toThrow();
  });

  it("refuses without beam search what only that uses", () => {
    expect(refused({ lengthPenalty: 2 }, 1)).toThrow("lengthPenalty 2 does not go with beams 1");
    expect(refused({ earlyStopping: true }, 1)).toThrow("set beams to 2 or more");
    expect(refused({ lengthPenalty: 1, earlyStopping: false }, 1)).not.toThrow();
  });
});
