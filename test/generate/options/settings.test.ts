import { describe, expect, it } from "vitest";
import { GptError } from "../../../src/errors.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { banIds, defaults } from "../../../src/generate/options/settings.ts";
import { resolveSettings } from "../resolve-settings.ts";

/** What a caller without types may pass. */
const resolve = (options: object) => resolveSettings(options as GenerateOptions, 100);

describe("resolveSettings", () => {
  it("has the documented defaults", () => {
    expect(resolve({ seed: 1 })).toEqual({
      maxTokens: 128,
      temperature: 0.8,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      typicalP: 1,
      repeatPenalty: 1,
      repeatLastN: 64,
      presencePenalty: 0,
      frequencyPenalty: 0,
      noRepeatNgramSize: 0,
      logitBias: new Map(),
      ban: [],
      stop: [],
      ignoreEos: false,
      minTokens: 0,
      maxTime: undefined,
      overflow: "error",
      logprobs: undefined,
      promptLogprobs: false,
      beams: 1,
      lengthPenalty: 1,
      earlyStopping: false,
      lookup: 0,
      draft: undefined,
      draftMax: 16,
      parseSpecial: false,
      grammar: undefined,
      regex: undefined,
      choices: undefined,
      jsonSchema: undefined,
      anyJson: false,
      structure: undefined,
      sourceLanguage: undefined,
      targetLanguage: undefined,
      seed: 1,
      signal: undefined,
    });
  });

  it("takes what is given, and treats undefined as not given", () => {
    const { signal } = new AbortController();
    const settings = resolve({ topK: 5, minP: undefined, stop: ["\n"], signal });
    expect(settings).toMatchObject({ topK: 5, minP: defaults.minP, stop: ["\n"], signal });
  });

  it("draws a seed where none is given", () => {
    const seeds = Array.from({ length: 8 }, () => resolve({}).seed);
    for (const seed of seeds) expect(seed).toBe(seed >>> 0);
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  it.each([
    { maxTokens: 0 },
    { temperature: 0 },
    { temperature: 1e9 },
    { topK: 0 },
    { topK: 1e6 },
    { topP: 1 },
    { topP: 1e-9 },
    { topP: 0 },
    { minP: 0 },
    { minP: 1 },
    { typicalP: 1 },
    { repeatPenalty: 0.5 },
    { repeatLastN: -1 },
    { repeatLastN: 0 },
    { presencePenalty: -2 },
    { frequencyPenalty: -2 },
    { noRepeatNgramSize: 0 },
    { logitBias: new Map([[99, -Infinity]]) },
    { ban: [] },
    { ignoreEos: true },
    { maxTime: 1e-3 },
    { maxTime: 1e6 },
    { overflow: "truncate-left" },
    { overflow: "shift" },
    { logprobs: 0 },
    { logprobs: 20 },
    { promptLogprobs: true },
    { beams: 64 },
    { lengthPenalty: -1 },
    { earlyStopping: true },
    { earlyStopping: "never" },
    { parseSpecial: true },
    { seed: 0 },
    { seed: 4294967295 },
  ])("accepts $0", (options) => {
    expect(resolve(options)).toMatchObject(options);
  });

  it.each([
    [{ maxTokens: -1 }, "maxTokens must be a whole number from 0, found -1"],
    [{ maxTokens: 1.5 }, "maxTokens must be a whole number from 0, found 1.5"],
    [{ temperature: -0.1 }, "temperature must be a number from 0, found -0.1"],
    [{ temperature: Infinity }, "temperature must be a number from 0, found Infinity"],
    [{ temperature: "1" }, "temperature must be a number from 0, found '1'"],
    [{ temperature: null }, "temperature must be a number from 0, found null"],
    [{ topK: -1 }, "topK must be a whole number from 0, found -1"],
    [{ topP: -0.01 }, "topP must be a number from 0 to 1, found -0.01"],
    [{ topP: 1.01 }, "topP must be a number from 0 to 1, found 1.01"],
    [{ minP: -0.1 }, "minP must be a number from 0 to 1, found -0.1"],
    [{ minP: Number.NaN }, "minP must be a number from 0 to 1, found NaN"],
    [{ typicalP: -0.1 }, "typicalP must be a number from 0 to 1, found -0.1"],
    [{ repeatPenalty: 0 }, "repeatPenalty must be a number from 0.000001 to 1000000, found 0"],
    [{ repeatLastN: -2 }, "repeatLastN must be a whole number from -1, found -2"],
    [
      { presencePenalty: Infinity },
      "presencePenalty must be a number from -1000000 to 1000000, found Infinity",
    ],
    [
      { frequencyPenalty: Number.NaN },
      "frequencyPenalty must be a number from -1000000 to 1000000, found NaN",
    ],
    [{ noRepeatNgramSize: -1 }, "noRepeatNgramSize must be a whole number from 0, found -1"],
    [{ logitBias: { 5: 1 } }, "logitBias must be a Map of token ids and numbers, found { '5': 1 }"],
    [{ logitBias: new Map([[100, 1]]) }, "logitBias names token 100: this model's ids go from 0 to 99"],
    [{ logitBias: new Map([[-1, 1]]) }, "logitBias names token -1: this model's ids go from 0 to 99"],
    [{ logitBias: new Map([["5", 1]]) }, "logitBias names token '5': this model's ids go from 0 to 99"],
    [
      { logitBias: new Map([[5, Infinity]]) },
      "logitBias of token 5 must be a number from -1e+30 to 1e+30, or -Infinity, found Infinity",
    ],
    [
      { logitBias: new Map([[5, Number.NaN]]) },
      "logitBias of token 5 must be a number from -1e+30 to 1e+30, or -Infinity, found NaN",
    ],
    [{ ban: "no" }, "ban must be a list of texts, none of them empty, found 'no'"],
    [{ stop: ["a", ""] }, "stop must be a list of texts, none of them empty, found [ 'a', '' ]"],
    [{ stop: [1] }, "stop must be a list of texts, none of them empty, found [ 1 ]"],
    [{ ignoreEos: 1 }, "ignoreEos must be true or false, found 1"],
    [{ maxTime: 0 }, "maxTime must be a number of seconds above 0 and at most 1000000, found 0"],
    [{ maxTime: 1e7 }, "maxTime must be a number of seconds above 0 and at most 1000000, found 10000000"],
    [{ maxTime: "30s" }, "maxTime must be a number of seconds above 0 and at most 1000000, found '30s'"],
    [{ overflow: "drop" }, "overflow must be 'error' or 'truncate-left' or 'shift', found 'drop'"],
    [{ logprobs: 21 }, "logprobs must be a whole number from 0 to 20, found 21"],
    [{ logprobs: true }, "logprobs must be a whole number from 0 to 20, found true"],
    [{ promptLogprobs: 5 }, "promptLogprobs must be true or false, found 5"],
    [{ beams: 0 }, "beams must be a whole number from 1 to 64, found 0"],
    [{ lengthPenalty: Infinity }, "lengthPenalty must be a finite number, found Infinity"],
    [{ earlyStopping: "always" }, "earlyStopping must be true or false or 'never', found 'always'"],
    [{ parseSpecial: "yes" }, "parseSpecial must be true or false, found 'yes'"],
    [{ seed: -1 }, "seed must be a whole number from 0 to 4294967295, found -1"],
    [{ seed: 4294967296 }, "seed must be a whole number from 0 to 4294967295, found 4294967296"],
    [{ seed: 0.5 }, "seed must be a whole number from 0 to 4294967295, found 0.5"],
    [{ signal: {} }, "signal must be an AbortSignal, found {}"],
  ])("refuses %o", (options, message) => {
    expect(() => resolve(options)).toThrow(new GptError("usage", message));
  });

  it("says what it found on one line, however long", () => {
    const stop = [...new Array<string>(50).fill("text ".repeat(30)), ""];
    const message = /^stop must be a list of texts, none of them empty, found .{1,500}$/;
    expect(() => resolve({ stop })).toThrow(message);
  });

  it.each(["topk", "max_tokens", "toString", "mirostat"])("refuses the unknown option %s", (name) => {
    expect(() => resolve({ [name]: 1 })).toThrow(
      `there is no option '${name}': the options are maxTokens, temperature, topK, topP, minP, typicalP`,
    );
  });
});

describe("banIds", () => {
  it("lets no bias stand against the ban", () => {
    const settings = resolveSettings(
      {
        logitBias: new Map([
          [1, 2],
          [3, 4],
        ]),
      },
      100,
    );
    const { logitBias, topK } = banIds(settings, [3, 5]);
    expect(logitBias).toEqual(
      new Map([
        [1, 2],
        [3, -Infinity],
        [5, -Infinity],
      ]),
    );
    expect(topK).toBe(settings.topK);
    expect(settings.logitBias.get(3)).toBe(4);
  });
});
