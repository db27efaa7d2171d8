import { expect, it } from "vitest";
import { quote, shortName } from "../../src/files/quote.ts";

it.each([
  [undefined, "missing"],
  [null, "null"],
  [Number.NaN, "NaN"],
  [2n ** 64n, "18446744073709551616"],
  [[1, 2n], '[1,"2"]'],
  [Array.from({ length: 1000 }), "a list of 1000 values"],
  [{ a: { b: { c: { d: 1 } } }, e: [[[[[0]]]]] }, '{"a":{"b":{"c":"…"}},"e":[["…"]]}'],
  ["a\n\u001b[31m\u009b\u202e", '"a\\n\\u001b[31m\\u009b\\u202e"'],
  ["x".repeat(100), `"${"x".repeat(58)}…`],
])("quotes %o on one printable line", (value, text) => {
  expect(quote(value)).toBe(text);
});

it("quotes what is nested a hundred thousand deep", () => {
  const deep: unknown = JSON.parse(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`);
  expect(quote(deep)).toBe('{"a":[["…"]]}');
});

it.each([
  ["rank_pattern.c_attn", "rank_pattern.c_attn"],
  ["a\n\u001b[31m\u009b\u202e.\\d", "a\\n\\u001b[31m\\u009b\\u202e.\\d"],
  ["x".repeat(120), "x".repeat(120)],
  [`a.${"x".repeat(70_000)}.b`, `a.${"x".repeat(58)}…${"x".repeat(57)}.b`],
])("writes the name %j on one short printable line", (name, text) => {
  expect(shortName(name)).toBe(text);
});
