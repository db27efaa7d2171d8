import { expect, it } from "vitest";
import { findJsonFault } from "../../src/files/json-fault.ts";
import { TestRandom } from "../reference/random.ts";

it("finds the line, the column and what is missing", () => {
  for (const [text, fault] of [
    ["", "line 1, column 1: expected a value, found the end"],
    ['{\n  "temp": 1,\n}', 'line 3, column 1: expected a name in double quotes, found "}"'],
    ["{temp: 1}", 'line 1, column 2: expected a name in double quotes, found "temp: 1}"'],
    ['{"temp" 1}', 'line 1, column 9: expected a colon, found "1}"'],
    ['{"stop": ["a" "b"]}', 'line 1, column 15: expected a comma or ], found "\\"b\\"]}"'],
    ['{"a": 1\n "b": 2}', 'line 2, column 2: expected a comma or }, found "\\"b\\": 2}"'],
    ['{"a": .5}', 'line 1, column 7: expected a value, found ".5}"'],
    ['{"a": "x\n"}', 'line 1, column 7: expected a value, found "\\"x"'],
    ['{"a": 1', "line 1, column 8: expected a comma or }, found the end"],
    ['{"a": 1} // done', 'line 1, column 10: expected the end, found "// done"'],
    ["[".repeat(1e5), `line 1, column 102: expected at most 100 levels, found "${"[".repeat(20)}"`],
  ] as const) {
    expect(() => findJsonFault(text), text).toThrow(
      expect.objectContaining({ code: "usage", message: fault }),
    );
  }
});

it("agrees with JSON.parse on what is JSON", () => {
  const random = new TestRandom(1);
  const parts = [
    '{"a":',
    "[",
    "]",
    "}",
    ",",
    '"b":',
    "1",
    "-0.5e+3",
    "01",
    '"\\u00e9"',
    '"\\x"',
    "null",
    " ",
    "\n",
  ];
  const isFault = (read: (text: string) => unknown, text: string): boolean => {
    try {
      read(text);
      return false;
    } catch {
      return true;
    }
  };
  let valid = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = 1 + (round % 6);
    const text = Array.from({ length }, () => random.pick(parts)).join("");
    const expected = isFault(JSON.parse, text);
    if (!expected) valid++;
    expect(isFault(findJsonFault, text), text).toBe(expected);
  }
  expect(valid).toBeGreaterThan(100);
});
