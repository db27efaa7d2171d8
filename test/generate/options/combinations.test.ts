import { describe, expect, it } from "vitest";
import { GptError } from "../../../src/errors.ts";
import {
  adviceBeside,
  concessions,
  idleSettings,
  refuseIdle,
} from "../../../src/generate/options/combinations.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { resolveSettings } from "../../../src/generate/options/settings.ts";
import { FakeSource } from "../fake-source.ts";

const refused = (options: GenerateOptions, beams: number) => () => refuseIdle(options, { beams });

it("refuseIdle refuses guesses where nothing is guessed, and of two kinds", () => {
  const draft = { createSession: () => new FakeSource(() => []) };
  const refusal = (options: GenerateOptions) => () => refuseIdle(options, { beams: options.beams ?? 1 });
  expect(refusal({ beams: 2, lookup: 4 })).toThrow("lookup 4 does not go with beams 2: leave it out, or");
  expect(refusal({ beams: 2, draft })).toThrow("draft does not go with beams 2: leave it out, or");
  expect(refusal({ draft, lookup: 4 })).toThrow("lookup 4 does not go with draft: leave it out, or");
  expect(refusal({ draftMax: 4 })).toThrow("draftMax 4 does not go without draft: leave it out, or");
  expect(refusal({ draft, draftMax: 4, lookup: 0 })).not.toThrow();
  expect(refusal({ lookup: 4 })).not.toThrow();
});

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

describe("adviceBeside", () => {
  it("lets beam search give way to what only sampling does, also where that is our default", () => {
    const advised = { beams: 4, lengthPenalty: 2, maxTokens: 9 };
    const wishes: GenerateOptions[] = [
      { temperature: 0.8 },
      { topK: 5 },
      { logprobs: 1 },
      { promptLogprobs: true },
      { overflow: "shift" },
    ];
    for (const options of wishes) {
      expect(adviceBeside(options, advised)).toEqual({ lengthPenalty: 2, maxTokens: 9 });
      expect(concessions(options, advised)).toEqual([{ advised: "beams", to: Object.keys(options)[0] }]);
    }
    for (const options of [
      {},
      { temperature: 0, seed: 3, maxTokens: 5 },
      { promptLogprobs: false, overflow: "truncate-left" },
      { lengthPenalty: 3 },
      { beams: 2, topK: 5 },
    ] as const) {
      expect(adviceBeside(options, advised)).toEqual(advised);
    }
  });

  it("lets temperature 0 give way to what shapes a draw", () => {
    const advised = { temperature: 0, beams: 4 };
    expect(adviceBeside({ topP: 0.9 }, advised)).toEqual({});
    expect(adviceBeside({ topP: 0.9, temperature: 0 }, advised)).toEqual({ temperature: 0 });
    expect(adviceBeside({ topP: 0.9 }, { temperature: 0.6 })).toEqual({ temperature: 0.6 });
    expect(adviceBeside({ repeatPenalty: 1.2 }, advised)).toEqual(advised);
  });
});

it("idleSettings change nothing beside the others", () => {
  const idle = (options: GenerateOptions) => [...idleSettings(resolveSettings(options, 10))].toSorted();
  const shape = ["minP", "topK", "topP", "typicalP"];
  const search = ["earlyStopping", "lengthPenalty", "draftMax"].toSorted();
  expect(idle({})).toEqual([...search, "repeatLastN"].toSorted());
  expect(idle({ repeatPenalty: 1.1 })).toEqual(search);
  expect(idle({ repeatPenalty: 1.1, repeatLastN: 0 })).toEqual(
    [...search, "frequencyPenalty", "presencePenalty", "repeatPenalty"].toSorted(),
  );
  expect(idle({ temperature: 0, presencePenalty: 1 })).toEqual([...search, ...shape].toSorted());
  expect(idle({ beams: 2, presencePenalty: 1 })).toEqual([...shape, "temperature", "draftMax"].toSorted());
  expect(idle({ draft: { createSession: () => new FakeSource(() => []) } })).not.toContain("draftMax");
});
