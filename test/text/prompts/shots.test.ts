import { expect, it } from "vitest";
import {
  DEFAULT_SHOT_FORMAT,
  fewShotPrompt,
  isShotFormat,
  parseShots,
  reasoningPrompt,
} from "../../../src/text/prompts/shots.ts";

const shots = [
  { input: "sea", output: "mer" },
  { input: "$& {output}", output: "{input}" },
];

it("puts examples before the question, which ends where its answer begins", () => {
  expect(fewShotPrompt("sky", shots, DEFAULT_SHOT_FORMAT)).toBe(
    "Input: sea\nOutput: mer\n\nInput: $& {output}\nOutput: {input}\n\nInput: sky\nOutput:",
  );
  expect(fewShotPrompt("a $1", shots.slice(0, 1), "{input} => {output}; ")).toBe("sea => mer; a $1 =>");
});

it("begins a reasoning", () => {
  expect(reasoningPrompt("Why?", false)).toBe("Why?\nLet's think step by step.");
  expect(reasoningPrompt("A:", true)).toBe("A: Let's think step by step.");
});

it("reads lines of training data", () => {
  const lines = ['{"input": "sea", "target": "mer"}', "", '{"input": "a", "output": "b"}'];
  expect(parseShots(lines, "f")).toEqual([
    { input: "sea", output: "mer" },
    { input: "a", output: "b" },
  ]);
  for (const line of ["{", "null", '"a"', '{"input": "a"}', '{"input": 1, "output": "b"}']) {
    expect(() => parseShots([line], "f")).toThrow("f, line 1: expected");
  }
});

it("knows a format without its places", () => {
  for (const format of ["{input}", "{output}", "{output} {input}", ""])
    expect(isShotFormat(format)).toBe(false);
  expect(isShotFormat(DEFAULT_SHOT_FORMAT)).toBe(true);
});
