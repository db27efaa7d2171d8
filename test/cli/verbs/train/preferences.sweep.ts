import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../../../src/library/load-model.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const ends = ["happy", "sad"];
const pairs = Array.from({ length: 24 }, (_, i) => ({
  prompt: `Once upon a time there was a cat number ${i}. It was`,
  chosen: ` very ${ends[0]} and went home.`,
  rejected: ` ${ends[1]}.`,
}));
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

beforeAll(() => {
  writeFileSync(file("pairs.jsonl"), lines(pairs));
  const whole = pairs.map(({ prompt, chosen, rejected }) => ({
    chosen: prompt + chosen,
    rejected: prompt + rejected,
  }));
  writeFileSync(file("implicit.jsonl"), lines(whole));
  const judged = pairs.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, completion: chosen, label: true },
    { prompt, completion: rejected, label: false },
  ]);
  writeFileSync(file("judged.jsonl"), lines(judged));
});

const small = ["--steps", "4", "--batch", "4", "--lr", "1e-3", "--eval-every", "2", "-t", "2"];
const train = (task: string, data: string, out: string, ...more: string[]) =>
  inProcess("train", file(data), "--task", task, "--init", "stories", "-o", file(out), ...small, ...more);

const records = (out: string) =>
  readFileSync(file(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("gpt train with preferences", () => {
  it.each([
    ["reward", "pairs.jsonl", "margin", []],
    ["dpo", "implicit.jsonl", "rewards/margins", ["--loss", "ipo", "--sample-every", "0"]],
    ["dpo", "pairs.jsonl", "rewards/margins", ["--lora", "2"]],
    ["orpo", "pairs.jsonl", "rewards/margins", []],
    ["kto", "judged.jsonl", "rewards/margins", ["--beta", "0.5"]],
  ] as const)(
    "--task %s learns from %s, with its figures in metrics.jsonl",
    async (task, data, name, more) => {
      const out = [task, ...more.slice(0, 2)].join("");
      const { status, stderr } = await train(task, data, out, ...more);
      expect([status, stderr]).toEqual([0, expect.stringContaining("4 steps in")]);
      const steps = records(out).filter(({ kind }) => kind === "train");
      expect(steps.length).toBe(4);
      expect(steps.at(-1)[name]).toBeGreaterThan(steps[0][name]);
      expect(steps[0].lr).toBe(1e-3);
      expect(steps[3].lr).toBeCloseTo(2.5e-4, 12);
    },
    60_000,
  );

  it("a reward model is a classifier of one output, without a problem type", () => {
    const config = JSON.parse(readFileSync(file("reward", "config.json"), "utf8"));
    expect(config.architectures).toEqual([expect.stringMatching(/ForSequenceClassification$/)]);
    expect([config.id2label, config.problem_type]).toEqual([{ 0: "LABEL_0" }, undefined]);
  });

  it("the model of a DPO run writes", async () => {
    await using model = await loadModel(file("dpo--lossipo"));
    expect(model.hasTokenizer).toBe(true);
  });

  it.each([
    [["--task", "dpo"], "pairs.jsonl", /--task dpo trains a model further: --init says which/],
    [
      ["--task", "reward", "--init", "stories", "--lora", "2"],
      "pairs.jsonl",
      /--task reward trains the weights themselves/,
    ],
    [["--init", "stories", "--loss", "ipo"], "pairs.jsonl", /--loss is of preferences: give --task dpo/],
    [["--task", "dpo", "--init", "stories", "--loss", "ipso"], "pairs.jsonl", /loss must be one of sigmoid/],
    [["--task", "dpo", "--init", "stories"], "judged.jsonl", /judged.jsonl.*chosen/],
    [["--task", "kto", "--init", "stories"], "pairs.jsonl", /label is missing|"label"|label/],
    [["--task", "dpo", "--init", "stories", "--context", "4"], "pairs.jsonl", /all are longer than 4 tokens/],
  ] as const)("refuses %j", async (args, data, message) => {
    const { status, stderr } = await inProcess("train", file(data), "-o", file("refused"), ...args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
