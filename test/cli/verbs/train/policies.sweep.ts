import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { catModel } from "../../../train/cat-model.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const prompts = Array.from({ length: 20 }, (_, i) => ({ prompt: `the cat ${i} saw`, answer: i }));
const model = file("model");

beforeAll(async () => {
  writeFileSync(file("prompts.jsonl"), prompts.map((prompt) => `${JSON.stringify(prompt)}\n`).join(""));
  expect((await inProcess(...catModel(file("texts.txt"), model, 1))).status).toBe(0);
}, 60_000);

const numbers = [
  ...["--lr", "3e-3", "--schedule", "constant", "--response-tokens", "12"],
  ...["--valid-fraction", "0.2", "-t", "1"],
];
const train = (task: string, out: string, ...more: readonly string[]) =>
  inProcess(
    "train",
    file("prompts.jsonl"),
    "--task",
    task,
    "--init",
    model,
    "-o",
    file(out),
    ...numbers,
    ...more,
  );
const records = (out: string) =>
  readFileSync(file(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const short = ["--reward", "length:1", "--batch", "8"];

describe("gpt train with its own answers", () => {
  const runs: readonly (readonly [task: string, more: readonly string[]])[] = [
    ["grpo", ["--generations", "4", "--kl-bound", "40"]],
    ["grpo", ["--generations", "2", "--beta", "0.1", "--updates", "2", "--loss", "grpo"]],
    ["ppo", ["--mini-batch", "3", "--kl-target", "1", "--kl-horizon", "50"]],
    ["ppo", ["--lora", "4", "--missing-eos-penalty", "1", "--updates", "2"]],
  ];
  it.each(runs)(
    "--task %s %j has its figures in metrics.jsonl",
    async (task, more) => {
      const out = [task, ...more].join("").replaceAll(/\W/g, "");
      const { status, stderr } = await train(task, out, ...short, "--steps", "2", ...more);
      expect([status, stderr]).toEqual([
        0,
        expect.stringMatching(/best validation reward -?\d\.\d{4}.* after step/),
      ]);
      const steps = records(out).filter(({ kind }) => kind === "train");
      expect(steps).toHaveLength(2);
      expect(steps[0]).toMatchObject({
        reward: expect.any(Number),
        "rewards/length/mean": expect.any(Number),
        "completions/clipped_ratio": expect.any(Number),
        ...(task === "ppo"
          ? { "loss/value_avg": expect.any(Number), "objective/kl": 0, "objective/kl_coef": 0.05 }
          : { frac_reward_zero_std: expect.any(Number) }),
      });
      const validations = records(out).filter(({ kind }) => kind === "validation");
      expect(validations[0]).toMatchObject({ step: 0, reward: expect.any(Number) });
      if (more.includes("--kl-target")) expect(steps[1]["objective/kl_coef"]).not.toBe(0.05);
      if (task === "grpo" && !more.includes("--beta")) expect(steps[1]["objective/kl"]).not.toBe(0);
    },
    60_000,
  );

  it("learns from answers that were drawn elsewhere", async () => {
    const drawn = prompts.flatMap(({ prompt }) => [1, 2].map((seed) => ({ prompt, seed })));
    writeFileSync(file("drawn.jsonl"), drawn.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const sampling = ["--temp", "1", "--top-k", "0", "--top-p", "1", "-n", "12", "--logprobs", "0"];
    const args = [
      "-m",
      model,
      "--jsonl",
      "-f",
      file("drawn.jsonl"),
      "-o",
      file("answers.jsonl"),
      ...sampling,
    ];
    expect((await inProcess("generate", ...args, "-q")).status).toBe(0);
    const rewarded = ["--reward", "length:1", "--sample-every", "0"];
    const given = ["--rollouts", file("answers.jsonl"), ...rewarded];
    const group = ["--generations", "2", "--batch", "4"];
    expect((await train("grpo", "given", ...given, ...group, "--steps", "2")).status).toBe(0);
    // The first update meets the weights that wrote the answers, the second one others.
    const [first, second] = records("given").filter(({ kind }) => kind === "train");
    expect(first.ratio).toBeCloseTo(1, 4);
    expect(Math.abs(second.ratio - 1)).toBeGreaterThan(1e-4);
    expect(first.rollout_tokens_per_second).toBeUndefined();
    // The loop of docs/train.md: answers and rewards are dealt to shards and gathered, and nothing is scored again.
    const rule = ["reward", "--reward", "length:1", "--annotate", "--jsonl", "-f", file("answers.jsonl")];
    await inProcess(...rule, "--shard", "1/2", "-o", file("one"), "-q");
    await inProcess(...rule, "--shard", "2/2", "-o", file("two"), "-q");
    expect((await inProcess("gather", file("one"), file("two"), "-o", file("rated.jsonl"))).status).toBe(0);
    await train("grpo", "rated", "--rollouts", file("rated.jsonl"), ...rewarded, ...group, "--steps", "2");
    const trained = (out: string) => readFileSync(file(out, "last", "model.safetensors"));
    expect(trained("rated").equals(trained("given"))).toBe(true);
    expect(records("rated").find(({ kind }) => kind === "train")["rewards/length/mean"]).toBeUndefined();
    const ppo = await train("ppo", "given-ppo", ...given, "--batch", "4", "--steps", "1", "--updates", "1");
    expect(ppo.status).toBe(0);
    expect(records("given-ppo").find(({ kind }) => kind === "train")["val/ratio"]).toBeCloseTo(1, 4);
    const few = await train("grpo", "few", ...given, "--generations", "3", "--batch", "4", "--steps", "1");
    expect(few.stderr).toMatch(
      /answers\.jsonl: has 2 answers to the prompt of ids .*, epoch 1 needs 3: draw more/,
    );
    const warm = await train("grpo", "warm", ...given, ...group, "--steps", "1", "--temp", "0.7");
    expect(warm.stderr).toMatch(/--temp 0\.7: the log-probabilities of a file are those of temperature 1/);
  }, 60_000);

  it.each([
    ["a wrong reward", ["--reward", "length"], 2],
    ["answers that are not there", [...short, "--rollouts", file("missing.jsonl")], 3],
    [
      "a folder of replicas that is a file",
      [...short, "--replica", "1/2", "--outer-dir", file("texts.txt")],
      5,
    ],
  ])("leaves nothing behind where it cannot begin: %s", async (name, args, expected) => {
    const { status, stderr } = await train("grpo", name, ...args, "--generations", "4", "--steps", "2");
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^gpt: .+$/);
    expect([status, existsSync(file(name))]).toEqual([expected, false]);
  });

  it("raises the reward", async () => {
    const { status } = await train("grpo", "raised", ...short, "--steps", "12", "--sample-every", "0");
    expect(status).toBe(0);
    const rewards = records("raised").flatMap(({ kind, reward }) => (kind === "train" ? reward : []));
    expect(rewards.at(-1)).toBeGreaterThan(rewards[0] + 0.2);
  }, 60_000);

  it("a resumed run samples and learns the same, bit for bit", async () => {
    const more = [...short, "--mini-batch", "4", "--kl-target", "1", "--save-every", "1"];
    await train("ppo", "whole", ...more, "--steps", "4");
    await train("ppo", "parts", ...more, "--steps", "2");
    const resumed = await inProcess("train", "--resume", file("parts"), "--steps", "4");
    expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining("going on after step 2")]);
    const weights = (out: string, name: string) => readFileSync(file(out, "last", name));
    for (const name of ["model.safetensors", "value_head.safetensors"]) {
      expect(weights("parts", name).equals(weights("whole", name))).toBe(true);
    }
    const figures = (out: string) =>
      records(out).flatMap(({ kind, step, reward, ...rest }) =>
        kind === "train" ? [[step, reward, rest["objective/kl"], rest["objective/kl_coef"]]] : [],
      );
    expect(figures("parts")).toEqual(figures("whole"));
  }, 60_000);

  it("ends with one line where the KL is above its ceiling", async () => {
    const flags = ["--kl-ceiling", "0.001", "--steps", "6", "--lr", "3e-2"];
    const { status, stderr } = await train("grpo", "far", ...short, ...flags);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /the policy has gone too far: in step \d the KL .*--kl-ceiling is 0.001: raise --kl-coef/,
    );
    expect(stderr).toMatch(/far keeps the model of step \d/);
  }, 60_000);

  it("learns from what a program says, which gets the fields of the prompts", async () => {
    const code = `require("readline").createInterface({input:process.stdin}).on("line",(l)=>{const a=JSON.parse(l);console.log(a.answer>=0&&a.prompt.includes("cat")?1:"no")})`;
    const command = ["--reward-command", `"${process.execPath}" -e '${code}'`, "--batch", "4"];
    const { status, stderr } = await train("grpo", "program", ...command, "--steps", "1");
    expect([status, stderr]).toEqual([0, expect.stringContaining("best validation reward 1.0000")]);
  }, 60_000);

  it("distills a teacher, all of it or its likeliest tokens", async () => {
    for (const more of [[], ["--teacher-top-k", "3", "--alpha", "1"]]) {
      const out = `distilled${more.length}`;
      const args = [
        "--task",
        "distill",
        "--init",
        model,
        "--teacher",
        model,
        "--steps",
        "2",
        "--lr",
        "1e-9",
        "-t",
        "1",
      ];
      const run = await inProcess("train", file("texts.txt"), "-o", file(out), ...args, ...more);
      expect([run.status, run.stderr]).toEqual([0, expect.stringContaining("best validation loss")]);
      const [{ kd }] = records(out).filter(({ kind }) => kind === "train");
      if (more.length === 0) expect(kd).toBeCloseTo(0, 6);
      else expect(kd).toBeGreaterThan(0.1);
    }
    const args = ["--task", "distill", "--init", model, "--teacher", model, "--teacher-top-k", "3"];
    const refused = await inProcess("train", file("texts.txt"), "-o", file("jsd"), ...args, "--loss", "jsd");
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining("the loss jsd needs the teacher's probability of every id"),
    ]);
  }, 60_000);

  it.each([
    [["--task", "distill", "--init", model], /--teacher says which/],
    [["--init", model, "--teacher", model], /--teacher is of a distillation/],
    [["--task", "grpo", "--init", model], /no reward is named: --reward or --reward-command does/],
    [
      ["--task", "ppo", "--init", model, "--generations", "4"],
      /--generations is of a policy: give --task grpo/,
    ],
    [["--task", "ppo", "--init", model, ...short, "--mini-batch", "9"], /a step has 8 responses/],
    [["--task", "grpo", "--init", model, ...short, "--loss", "ipo"], /loss must be 'grpo' or/],
    [["--init", model, "--reward", "json"], /--reward is of a policy: give --task ppo or --task grpo/],
    [["--task", "dpo", "--init", model, "--best-by", "reward"], /only a policy has one/],
    [["--task", "grpo", ...short], /--init says which/],
    [["--task", "grpo", "--init", model, ...short, "--context", "2"], /all take 2 tokens or more/],
  ] as const)("refuses %j", async (args, message) => {
    const { status, stderr } = await inProcess(
      "train",
      file("prompts.jsonl"),
      "-o",
      file("refused"),
      ...args,
    );
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
