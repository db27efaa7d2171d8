import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type ProbedPair, readSwapPairs, summarizeSwaps } from "../../src/evaluate/swap-probe.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const read = (name: string, text: string) => {
  writeFileSync(file(name), text);
  return readSwapPairs(file(name));
};

it("reads pairs, and puts names into templates", async () => {
  const lines = [
    '{"template":"{name} is {name}","first":"Tom","second":"$&","continuation":" here","group":"g"}',
    '{"first":"A man.","second":"A woman."}',
  ];
  expect(await read("pairs.jsonl", lines.join("\n"))).toEqual([
    { first: "Tom is Tom", second: "$& is $&", continuation: " here", group: "g" },
    { first: "A man.", second: "A woman.", continuation: undefined, group: undefined },
  ]);
  expect(await read("pairs.csv", "first,second,group\nHe,She,\n")).toMatchObject([{ first: "He" }]);
});

it.each([
  ['{"first":"a"}', 'expected a text "second"'],
  ['{"first":1,"second":"b"}', '"first" is 1, expected a text'],
  ['{"first":"a","second":"b","template":"x"}', "the template has no {name}"],
  ["", "found none"],
])("refuses %j", async (text, problem) => {
  await expect(read("bad.jsonl", text)).rejects.toThrow(problem);
});

it("summarizes all pairs and each group", () => {
  const pair = (group: string | undefined, firstLogprob: number, secondLogprob: number): ProbedPair => ({
    ...{ first: "a", second: "b", continuation: undefined, group, firstLogprob, secondLogprob },
  });
  const [all, x, other, ...more] = summarizeSwaps([
    pair("x", -2, -1),
    pair("x", -3, -4),
    pair(undefined, -1, 0),
  ]);
  expect(more).toEqual([]);
  expect(all).toMatchObject({ group: undefined, items: 3, secondLikelier: 2 / 3 });
  expect(all?.difference.value).toBeCloseTo(1 / 3, 12);
  expect(x).toMatchObject({ group: "x", items: 2, difference: { value: 0 }, secondLikelier: 0.5 });
  expect(other).toMatchObject({ group: "other", items: 1, difference: { value: 1 } });
});
