import { describe, expect, it } from "vitest";
import { GptError } from "../../../src/errors.ts";
import { besideOthers, idleSettings, refuseIgnored } from "../../../src/generate/options/combinations.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { FakeSource } from "../fake-source.ts";
import { resolveSettings } from "../resolve-settings.ts";

const refused = (options: GenerateOptions, beams: number) => () => refuseIgnored(options, beams);

it("refuseIgnored refuses guesses where nothing is guessed, and of two kinds", () => {
  const draft = { createSession: () => new FakeSource(() => []) };
  const refusal = (options: GenerateOptions) => () => refuseIgnored(options, options.beams ?? 1);
  expect(refusal({ beams: 2, lookup: 4 })).toThrow("lookup 4 does not go with beams 2: leave it out, or");
  expect(refusal({ beams: 2, draft })).toThrow("draft does not go with beams 2: leave it out, or");
  expect(refusal({ draft, lookup: 4 })).toThrow("lookup 4 does not go with draft: leave it out, or");
  expect(refusal({ draftMax: 4 })).toThrow("draftMax 4 does not go without draft: leave it out, or");
  expect(refusal({ draft, draftMax: 4, lookup: 0 })).not.toThrow();
  expect(refusal({ lookup: 4 })).not.toThrow();
});

describe("refuseIgnored", () => {
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

describe("besideOthers", () => {
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
      expect(besideOthers(options, advised)).toEqual({
        options: { lengthPenalty: 2, maxTokens: 9 },
        dropped: [{ name: "beams", beside: Object.keys(options)[0] }],
      });
    }
    for (const options of [
      {},
      { temperature: 0, seed: 3, maxTokens: 5 },
      { promptLogprobs: false, overflow: "truncate-left" },
      { lengthPenalty: 3 },
      { beams: 2, topK: 5 },
    ] as const) {
      expect(besideOthers(options, advised).options).toEqual(advised);
    }
  });

  it("lets temperature 0 give way to what shapes a draw", () => {
    const advised = { temperature: 0, beams: 4 };
    expect(besideOthers({ topP: 0.9 }, advised).options).toEqual({});
    expect(besideOthers({ topP: 0.9, temperature: 0 }, advised).options).toEqual({ temperature: 0 });
    expect(besideOthers({ topP: 0.9 }, { temperature: 0.6 }).options).toEqual({ temperature: 0.6 });
    expect(besideOthers({ repeatPenalty: 1.2 }, advised).options).toEqual(advised);
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
