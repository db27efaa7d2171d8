import { expect, it } from "vitest";
import { pythonCalls } from "../../../src/chat/tools/python-calls.ts";

it.each([
  ["[clock()]", [["clock", "{}"]]],
  ['[weather(city="Rome", days=2)]', [["weather", '{"city": "Rome", "days": 2}']]],
  [
    "[a(x=True, y=None, z=-1.5e3), b.c(l=[1, 'two', {'k': False}])]",
    [
      ["a", '{"x": true, "y": null, "z": -1500.0}'],
      ["b.c", '{"l": [1, "two", {"k": false}]}'],
    ],
  ],
  [`[say(text='it\\'s "so", (really)')]`, [["say", '{"text": "it\'s \\"so\\", (really)"}']]],
  ["[f(a=true, b=null)]", [["f", '{"a": true, "b": null}']]],
] as const)("%s is calls", (text, calls) => {
  expect(pythonCalls(text)?.map(({ name, arguments: given }) => [name, given])).toEqual(calls);
});

it.each([
  "",
  "[]",
  "[clock]",
  "[clock(]",
  "[clock(1)]",
  "clock()",
  "[f(a=)]",
  "[f(a=1)] and",
  "[f(a=b c)]",
  "[f(a=$)]",
])("%j is none", (text) => expect(pythonCalls(text)).toBeUndefined());
