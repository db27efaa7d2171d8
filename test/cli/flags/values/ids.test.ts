import { expect, it } from "vitest";
import { formatIds, parseIds } from "../../../../src/cli/flags/values/ids.ts";

it("reads ids with spaces, commas or as JSON", () => {
  for (const text of ["1 2 3", "1,2,3", "1, 2, 3", "[1,2,3]", " [ 1, 2, 3 ]\n", "1\n2\n3\n", "1 , 2 ,3"]) {
    expect(parseIds(text)).toEqual([1, 2, 3]);
  }
  expect(parseIds("")).toEqual([]);
  expect(parseIds("[]")).toEqual([]);
  expect(parseIds("[ ]")).toEqual([]);
});

it("refuses what is no id", () => {
  for (const text of ["1 two", "-1", "1.5", "1e3", "[1", "[[1]]", "9007199254740993", '["1"]']) {
    expect(() => parseIds(text)).toThrow("expected token ids such as 1,2,3, found");
  }
});

it("refuses a comma without an id", () => {
  for (const text of ["1,,2", ",1", "1,", "[1,]", ","]) {
    expect(() => parseIds(text)).toThrow("expected token ids such as 1,2,3, found a comma without one");
  }
});

it("reads what it writes", () => {
  const ids = Array.from({ length: 1000 }, (_, index) => index * 50);
  expect(parseIds(formatIds(ids))).toEqual(ids);
});
