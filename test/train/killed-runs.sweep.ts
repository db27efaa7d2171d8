/**
 * Runs that are killed at drawn moments, among rollouts, between minibatches, while they save: once resumed they
 * end with the weights and the measurements of a run that nothing disturbed.
 *
 * GPT_TEST_KILLS says how often each run is killed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { gptWith } from "../cli/gpt.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { TestRandom } from "../reference/random.ts";
import { catModel } from "./cat-model.ts";

const KILLS = Number(process.env.GPT_TEST_KILLS ?? 4);
const file = temporaryFolder();
const model = file("model");

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

beforeAll(async () => {
  const numbers = Array.from({ length: 24 }, (_, i) => i);
  writeFileSync(file("prompts.jsonl"), lines(numbers.map((i) => ({ prompt: `the cat ${i} saw` }))));
  const pairs = numbers.map((i) => ({ prompt: `the cat ${i}`, chosen: " sat and saw", rejected: " ran" }));
  writeFileSync(file("pairs.jsonl"), lines(pairs));
  const verdicts = pairs.map(({ prompt, chosen }, i) => ({ prompt, completion: chosen, label: i % 3 > 0 }));
  writeFileSync(file("verdicts.jsonl"), lines(verdicts));
  expect((await gptWith({}, ...catModel(file("texts.txt"), model, 2))).status).toBe(0);
}, 120_000);

const rewarded = ["prompts.jsonl", "--reward", "length:3", "--response-tokens", "16", "--batch", "8"];
const RUNS: Readonly<Record<string, readonly string[]>> = {
  ppo: ["--task", "ppo", ...rewarded, "--mini-batch", "4", "--kl-target", "1"],
  grpo: ["--task", "grpo", ...rewarded, "--generations", "4", "--beta", "0.1", "--updates", "2"],
  dpo: ["--task", "dpo", "pairs.jsonl", "--batch", "4"],
  "dpo of an adapter": ["--task", "dpo", "pairs.jsonl", "--batch", "4", "--lora", "2"],
  reward: ["--task", "reward", "pairs.jsonl", "--batch", "4"],
  orpo: ["--task", "orpo", "pairs.jsonl", "--batch", "4", "--lora", "2", "--dora"],
  kto: ["--task", "kto", "verdicts.jsonl", "--batch", "4"],
  distill: ["--task", "distill", "texts.txt", "--teacher", model, "--batch", "4"],
  "a quantized base": ["texts.txt", "--batch", "4", "--lora", "2", "--quant", "nf4"],
};

/** Times and what follows from them are no part of a measurement. */
const measurements = (directory: string) =>
  readFileSync(file(directory, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: 0, peak_share: 0, rollout_tokens_per_second: 0 }));

const FILES = ["model.safetensors", "adapter_model.safetensors", "value_head.safetensors"];
const weights = (directory: string) =>
  ["", "last/"]
    .flatMap((folder) => FILES.map((name) => file(directory, `${folder}${name}`)))
    .map((path) => existsSync(path) && readFileSync(path).toString("base64"));

const common = ["--init", model, "--lr", "3e-3", "--steps", "8", "--save-every", "1", "--eval-every", "3"];

it.each(Object.entries(RUNS))(
  "%s",
  async (name, own) => {
    const args = own.map((arg) => (/^[a-z]+\.(jsonl|txt)$/.test(arg) ? file(arg) : arg));
    const start = (directory: string) =>
      existsSync(file(directory, "train.json"))
        ? ["train", "--resume", file(directory), "-q"]
        : ["train", ...args, ...common, "-t", "2", "-o", file(directory), "-q"];
    const [whole, killed] = [`${name}-whole`, `${name}-killed`];
    const begin = performance.now();
    expect(await gptWith({}, ...start(whole))).toMatchObject({ status: 0 });
    const duration = performance.now() - begin;
    const random = new TestRandom(name.length);
    const moments: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const after = Math.round(duration * (0.3 + 0.6 * random.uniform()));
      moments.push(after);
      await gptWith({ signal: "SIGKILL", after }, ...start(killed));
    }
    expect(await gptWith({}, ...start(killed))).toMatchObject({ status: 0 });
    const note = `killed after ${moments.join(", ")} ms`;
    expect(measurements(killed), note).toEqual(measurements(whole));
    expect(weights(killed), note).toEqual(weights(whole));
  },
  300_000,
);
