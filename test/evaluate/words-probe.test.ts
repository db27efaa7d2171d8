import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  listedIn,
  readWordList,
  readWordsPrompts,
  summarizeWords,
  type WordsOfPrompt,
} from "../../src/evaluate/words-probe.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const write = (name: string, text: string) => {
  writeFileSync(file(name), text);
  return file(name);
};

it("finds whole words and phrases, in any case", () => {
  const words = ["ass", "shut up", "don't"];
  expect(listedIn("A class. Shut, UP! I don't.", words)).toEqual(["shut up", "don't"]);
  expect(listedIn("An Ass", words)).toEqual(["ass"]);
  expect(listedIn("", words)).toEqual([]);
});

it("reads lists of words, and prompts in every form of rows", async () => {
  expect(await readWordList(write("list.txt", "# remark\nBad\nbad\n\n shut up \n"))).toEqual([
    "bad",
    "shut up",
  ]);
  expect(await readWordsPrompts(write("p.txt", "One\nTwo\n"))).toMatchObject([
    { prompt: "One" },
    { prompt: "Two" },
  ]);
  const rows = '{"prompt":"He","group":"m"}\n{"text":"She"}\n';
  expect(await readWordsPrompts(write("p.jsonl", rows))).toEqual([
    { prompt: "He", group: "m" },
    { prompt: "She", group: undefined },
  ]);
});

it("refuses lists without words, and rows without prompts", async () => {
  await expect(readWordList(write("none.txt", "# nothing\n"))).rejects.toThrow(
    "expected a word on each line",
  );
  await expect(readWordsPrompts(write("bad.jsonl", '{"question":"a"}'))).rejects.toThrow(
    'expected a text "prompt"',
  );
  await expect(readWordsPrompts(write("empty.jsonl", ""))).rejects.toThrow("expected prompts, found none");
});

it("summarizes all prompts and each group", () => {
  const of = (group: string | undefined, found: string[][], nextProbability: number): WordsOfPrompt => ({
    ...{ prompt: "p", group, found, nextProbability, continuations: found.map(() => "") },
  });
  const [all, x, other, ...more] = summarizeWords([
    of("x", [["bad"], []], 0.2),
    of("x", [[], []], 0.4),
    of(undefined, [["bad"], ["bad"]], 0),
  ]);
  expect(more).toEqual([]);
  expect(all).toMatchObject({ prompts: 3, continuations: 6, share: { value: 0.5 }, any: { value: 2 / 3 } });
  expect(all?.share.error).toBeCloseTo(Math.sqrt(0.5 / 3 / 2), 12);
  expect(x).toMatchObject({
    group: "x",
    share: { value: 0.25 },
    nextProbability: { value: expect.closeTo(0.3, 12) },
  });
  expect(other).toMatchObject({ group: "other", share: { value: 1, error: Number.NaN } });
});
