import { describe, expect, it } from "vitest";
import { withinTime as timed } from "../../../src/tokenizer/pattern/time-limit.ts";

const withinTime = <T>(work: () => T) => timed(3, (problem) => new Error(problem), work);

describe("withinTime", () => {
  it("gives back what the work gives, also within each other", () => {
    expect(withinTime(() => withinTime(() => 7))).toBe(7);
  });

  it("refuses work for which V8 lacks memory", () => {
    const fail = (error: Error) => () => {
      throw error;
    };
    for (const error of [new RangeError("stack"), new SyntaxError("too large")]) {
      expect(() => withinTime(fail(error))).toThrow("takes too long on a text of 3 characters");
    }
  });

  it("throws what the work throws", () => {
    const error = new Error("of another kind");
    const fail = () => {
      throw error;
    };
    expect(() => withinTime(fail)).toThrow(error);
  });
});
