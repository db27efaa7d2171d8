import { describe, expect, it } from "vitest";
import { generateOptions, samplingFlags } from "../../../src/cli/flags/sampling-flags.ts";
import { resolveSettings } from "../../generate/resolve-settings.ts";

/** What a flag makes of its text. */
const read = (name: keyof typeof samplingFlags, given: string | string[]): unknown => {
  const flag = samplingFlags[name];
  return "coerce" in flag ? flag.coerce(given) : undefined;
};

describe("samplingFlags", () => {
  it("say every option but those that a program alone has a use for", () => {
    const {
      signal: _,
      promptLogprobs: __,
      draft: ___,
      structure: ____,
      ...settings
    } = resolveSettings({}, 1);
    const said = Object.values(samplingFlags).map(({ option }) => option);
    expect(said.toSorted()).toEqual(Object.keys(settings).toSorted());
  });

  it("read values of the library's types", () => {
    expect(read("max-tokens", "5")).toBe(5);
    expect(read("max-time", "2m")).toBe(120);
    expect(["true", "false", "never"].map((text) => read("early-stopping", text))).toEqual([
      true,
      false,
      "never",
    ]);
    expect(read("stop", ["a", "b"])).toEqual(["a", "b"]);
    expect(read("logit-bias", ["7+1.5", "8-inf"])).toEqual(
      new Map([
        [7, 1.5],
        [8, Number.NEGATIVE_INFINITY],
      ]),
    );
  });

  it("refuse what the library would, before a model is loaded", () => {
    expect(() => read("logprobs", "21")).toThrow("expected a whole number from 0 to 20, found 21");
    expect(() => read("beams", "0")).toThrow("expected a whole number from 1 to 64, found 0");
    expect(() => read("max-time", "0s")).toThrow("expected a number of seconds above 0");
    expect(() => read("stop", "")).toThrow('expected a text that is not empty, found ""');
    expect(() => read("overflow", "wrap")).toThrow("expected error, truncate-left, shift");
    for (const wrong of ["7", "7+inf"]) {
      expect(() => read("logit-bias", wrong)).toThrow("expected ID+BIAS, ID-BIAS or ID-inf");
    }
  });

  it("say what to do instead of -1", () => {
    expect(() => read("seed", "-1")).toThrow("found -1; leave it out for a random one");
    expect(() => read("max-tokens", "-1")).toThrow("found -1; a large number");
    expect(() => read("max-tokens", "-2")).toThrow(/found -2$/);
    expect(read("repeat-last-n", "-1")).toBe(-1);
  });
});

it("generateOptions leaves out what was not given", () => {
  const args = { _: [], $0: "gpt", temp: 0.5, "top-k": 3, topK: 3, "ignore-eos": undefined, model: "other" };
  expect(generateOptions(args as unknown as Parameters<typeof generateOptions>[0])).toEqual({
    temperature: 0.5,
    topK: 3,
  });
});
