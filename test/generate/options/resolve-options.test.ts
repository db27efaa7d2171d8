import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GptError } from "../../../src/errors.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { type OptionLayers, resolveOptions } from "../../../src/generate/options/resolve-options.ts";
import { defaults } from "../../../src/generate/options/settings.ts";

const target = { vocabSize: 10 };
const resolve = (layers: OptionLayers) => resolveOptions(layers, target);
const optionsOf = (typed: GenerateOptions, environment: GenerateOptions, checkpoint: GenerateOptions = {}) =>
  resolve({ typed, environment, checkpoint }).options;

describe("resolveOptions", () => {
  it("takes each option from the first layer that has it, and says which", () => {
    const { settings, sources, dropped } = resolve({
      typed: { topP: 0.5, ...({ minP: undefined } as object) },
      environment: { topP: 0.9, topK: 5 },
      file: { topK: 6, maxTokens: 7 },
      checkpoint: { maxTokens: 8, temperature: 0.6 },
    });
    expect(settings).toMatchObject({
      topP: 0.5,
      topK: 5,
      maxTokens: 7,
      temperature: 0.6,
      minP: defaults.minP,
    });
    const layers = ["topP", "topK", "maxTokens", "temperature", "minP"] as const;
    expect(layers.map((name) => sources[name])).toEqual([
      "typed",
      "environment",
      "file",
      "checkpoint",
      "default",
    ]);
    expect(dropped).toEqual([]);
  });

  it("drops inherited options that would have no effect, and says beside what", () => {
    const { options, dropped } = resolve({
      typed: { beams: 3 },
      environment: { temperature: 0.7 },
      file: { topK: 5, maxTokens: 9 },
    });
    expect(options).toEqual({ beams: 3, maxTokens: 9 });
    expect(dropped).toEqual([
      { name: "temperature", value: 0.7, layer: "environment", beside: "beams" },
      { name: "topK", value: 5, layer: "file", beside: "beams" },
    ]);
    expect(optionsOf({}, { lengthPenalty: 2 })).toEqual({});
    expect(optionsOf({}, { temperature: 0.7, beams: 3 })).toEqual({ beams: 3 });
  });

  it("drops inherited options that would take the effect of typed ones", () => {
    expect(optionsOf({ temperature: 0.7 }, { beams: 3, lengthPenalty: 2 })).toEqual({ temperature: 0.7 });
    expect(resolve({ typed: { topK: 5 }, file: { temperature: 0 } })).toMatchObject({
      options: { topK: 5 },
      dropped: [{ name: "temperature", value: 0, layer: "file", beside: "topK" }],
    });
  });

  it("knows the checkpoint's generation defaults", () => {
    expect(optionsOf({}, { lengthPenalty: 2 }, { beams: 4 })).toEqual({ lengthPenalty: 2 });
    expect(optionsOf({ temperature: 0.7 }, { lengthPenalty: 2 }, { beams: 4 })).toEqual({ temperature: 0.7 });
    expect(resolve({ environment: { temperature: 0.7 }, checkpoint: { beams: 4 } })).toMatchObject({
      settings: { temperature: 0.7, beams: 1 },
      dropped: [{ name: "beams", value: 4, layer: "checkpoint", beside: "temperature" }],
    });
  });

  it("refuses a typed option that would have no effect", () => {
    const refused = () => resolve({ typed: { beams: 3, topP: 0.5 } });
    expect(refused).toThrow("topP 0.5 does not go with beams 3: leave it out, or set beams to 1");
    expect(() => resolve({ typed: { lengthPenalty: 2 } })).toThrow(
      "lengthPenalty 2 does not go with beams 1",
    );
  });

  it("refuses a generation default out of range unless a layer above sets the option", () => {
    const error = new GptError("invalid-file", "top_p is 3");
    const wrong = { ...target, unusable: new Map([["topP" as const, error]]) };
    expect(() => resolveOptions({}, wrong)).toThrow(error);
    expect(resolveOptions({ typed: { topP: 0.5 } }, wrong).settings.topP).toBe(0.5);
    expect(resolveOptions({ file: { topP: 0.5 } }, wrong).settings.topP).toBe(0.5);
  });
});

/** Options that go together in any mixture. */
const mixable = fc.record(
  {
    maxTokens: fc.nat(1000),
    repeatPenalty: fc.double({ min: 0.5, max: 2, noNaN: true }),
    repeatLastN: fc.integer({ min: -1, max: 100 }),
    noRepeatNgramSize: fc.nat(5),
    ignoreEos: fc.boolean(),
    stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
    seed: fc.nat(),
  },
  { requiredKeys: [] },
);

describe("for all layers, resolveOptions", () => {
  it("settles each option by the order of the layers", () => {
    const layers = fc.record({ typed: mixable, environment: mixable, file: mixable, checkpoint: mixable });
    fc.assert(
      fc.property(layers, (layers) => {
        const { settings, sources, dropped } = resolve(layers);
        const order = [layers.typed, layers.environment, layers.file, layers.checkpoint];
        for (const name of ["maxTokens", "repeatLastN", "stop", "ignoreEos"] as const) {
          const at = order.findIndex((options) => options[name] !== undefined);
          expect(settings[name]).toEqual(at < 0 ? defaults[name] : order[at]?.[name]);
          expect(sources[name]).toBe(["typed", "environment", "file", "checkpoint"][at] ?? "default");
        }
        expect(dropped).toEqual([]);
      }),
    );
  });

  it("changes nothing when its options are resolved again", () => {
    const any = fc.record(
      {
        beams: fc.constantFrom(1, 2, 4),
        temperature: fc.constantFrom(0, 0.5),
        topK: fc.nat(50),
        lookup: fc.nat(4),
        seed: fc.nat(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(any, any, any, (environment, file, checkpoint) => {
        const first = resolve({ environment: { seed: 1, ...environment }, file, checkpoint });
        const again = resolve({ typed: first.options, checkpoint });
        expect(again.settings).toEqual(first.settings);
        expect(again.options).toEqual(first.options);
      }),
    );
  });
});
