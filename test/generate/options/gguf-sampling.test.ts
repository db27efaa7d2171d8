import { describe, expect, it } from "vitest";
import { ofGguf, refusalOf } from "./read-config.ts";

describe("general.sampling of a GGUF file", () => {
  it("says the same as options, with the decimals that were meant", () => {
    const entries = {
      temp: Math.fround(0.6),
      top_k: 20,
      top_p: Math.fround(0.9),
      min_p: Math.fround(0.01),
      penalty_repeat: Math.fround(1.05),
      penalty_last_n: 128,
    };
    expect(ofGguf(entries)).toEqual({
      defaults: { temperature: 0.6, topK: 20, topP: 0.9, minP: 0.01, repeatPenalty: 1.05, repeatLastN: 128 },
      unsupported: [],
      endOfTextIds: [],
    });
  });

  it("is empty where nothing is said or nothing but our defaults", () => {
    expect(ofGguf({})).toEqual({ defaults: {}, unsupported: [], endOfTextIds: [] });
    const same = { temp: Math.fround(0.8), top_k: 40, top_p: Math.fround(0.95), min_p: Math.fround(0.05) };
    expect(ofGguf({ ...same, mirostat: 0, xtc_probability: 0 })).toEqual({
      defaults: {},
      unsupported: [],
      endOfTextIds: [],
    });
  });

  it("keeps all tokens for top_k -1", () => {
    expect(ofGguf({ top_k: -1 }).defaults).toEqual({ topK: 0 });
  });

  it("names what would act and is not implemented", () => {
    expect(ofGguf({ mirostat: 2, sequence: "kpt" }).unsupported.toSorted()).toEqual([
      "general.sampling.mirostat",
      "general.sampling.sequence",
    ]);
  });

  it("refuses wrong values with file and key", () => {
    const message = "x.gguf: general.sampling.top_p is 7, expected a number from 0 to 1";
    expect(refusalOf(() => ofGguf({ top_p: 7 }))).toContain(message);
    expect(refusalOf(() => ofGguf({ temp: "hot" }))).toContain("general.sampling.temp");
  });
});
