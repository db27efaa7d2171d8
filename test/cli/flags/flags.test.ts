import { describe, expect, it } from "vitest";
import { integer, list, longNames, number, oneOf, path, text, value } from "../../../src/cli/flags/flags.ts";

describe("a flag", () => {
  it("with a value takes the last one given", () => {
    const { coerce } = value(number, "A number");
    expect(coerce("5")).toBe(5);
    expect(coerce(["5", "6"])).toBe(6);
  });

  it("that is a list takes all of them, empty ones too", () => {
    const { coerce } = list(text, "A text");
    expect(coerce("a b")).toEqual(["a b"]);
    expect(coerce(["a", "", "b"])).toEqual(["a", "", "b"]);
  });

  it("knows what a shell may offer for it", () => {
    expect(value(oneOf("auto", "plain"), "A choice").completion).toEqual(["auto", "plain"]);
    expect(list(path, "Files").completion).toBe("file");
    expect(value(number, "A number")).not.toHaveProperty("completion");
  });
});

it("longNames finds a flag by every name that it has, its own first of all", () => {
  const flags = {
    temp: value(number, "A number", { synonyms: ["temperature", "stop"] }),
    stop: list(text, "A text", { synonyms: ["reverse-prompt"] }),
  };
  expect(Object.fromEntries(longNames(flags))).toEqual({
    temp: "temp",
    temperature: "temp",
    stop: "stop",
    "reverse-prompt": "stop",
  });
});

describe("a value", () => {
  it("is a number", () => {
    expect(["0", "-1", ".5", "1e-3", " 2 "].map(number)).toEqual([0, -1, 0.5, 0.001, 2]);
    for (const wrong of ["", " ", "five", "1,5", "1 2", "NaN"]) {
      expect(() => number(wrong)).toThrow("expected a number, found");
    }
  });

  it("is a whole number of at least so much", () => {
    expect(integer(1)("1")).toBe(1);
    for (const wrong of ["0", "1.5", "1e300", "Infinity", "x"])
      expect(() => integer(1)(wrong)).toThrow("expected");
  });

  it("is one of a few words", () => {
    const simd = oneOf("auto", "plain");
    expect(simd("plain")).toBe("plain");
    expect(oneOf("truncate-left", "as_is")("truncate_left")).toBe("truncate-left");
    expect(oneOf("truncate-left", "as_is")("as_is")).toBe("as_is");
    expect(simd("PLAIN")).toBe("plain");
    expect(oneOf("q8_0", "q4_0")("Q8_0")).toBe("q8_0");
    expect(() => simd("Fast")).toThrow('expected auto, plain, found "Fast"');
  });
});
