import { describe, expect, it } from "vitest";
import { goesOn, joinLines } from "../../../../../src/cli/verbs/generate/interactive/lines.ts";

describe("lines", () => {
  it("go on after a backslash", () => {
    expect(["a\\", "\\", "a", "", "a\\\\", "\\a"].map(goesOn)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("make up one input, in which two backslashes at the end are one", () => {
    expect(joinLines([" one\\", "\\", "two "])).toBe(" one\n\ntwo ");
    expect(joinLines(["path\\\\"])).toBe("path\\");
    expect(joinLines(["a\\b"])).toBe("a\\b");
    expect(joinLines(["cut off\\"])).toBe("cut off");
  });
});
