import { expect, it } from "vitest";
import { broken, padEnd, padStart, textWidth } from "../../../src/cli/terminal/width.ts";

it.each([
  ["", 0],
  ["plain ~", 7],
  ["né", 2],
  ["ne\u0301", 2],
  ["漢字", 4],
  ["한국어", 6],
  ["ｗｉｄｅ", 8],
  ["ｶﾅ", 2],
  ["שלום", 4],
  ["🦙", 2],
  ["👨‍👩‍👧", 2],
  ["❤\ufe0f", 2],
  ["❤", 1],
  ["🇫🇷", 2],
  ["…", 1],
  ["\u0301", 0],
])("takes %j for %i columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

it("breaks a text between characters, as late as it can", () => {
  expect(broken("abcde", 2)).toEqual(["ab", "cd", "e"]);
  expect(broken("ae\u0301漢字b", 3)).toEqual(["ae\u0301", "漢", "字b"]);
  expect(broken("漢字", 1)).toEqual(["漢", "字"]);
  expect(broken("fits", 4)).toEqual(["fits"]);
  expect(broken("", 0)).toEqual([""]);
});

it("pads to columns, and never cuts", () => {
  expect([padEnd("漢", 4), padStart("漢", 4), padEnd("long", 2)]).toEqual(["漢  ", "  漢", "long"]);
});
