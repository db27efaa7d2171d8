import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRewardModel } from "../../../../src/index.ts";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const pairs = Array.from({ length: 24 }, (_, i) => ({
  id: i,
  prompt: `There was a cat number ${i}. It was`,
  chosen: " happy.",
  rejected: " sad and alone.",
  part: i % 3 === 0 ? "a" : "b",
}));
const judge = file("judge");

beforeAll(async () => {
  writeFileSync(file("pairs.jsonl"), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const numbers = ["--steps", "6", "--batch", "4", "--lr", "1e-3", "-q"];
  const args = [
    "train",
    file("pairs.jsonl"),
    "--task",
    "reward",
    "--init",
    "stories",
    "-o",
    judge,
    ...numbers,
  ];
  expect((await inProcess(...args)).status).toBe(0);
}, 60_000);

describe("a reward model", () => {
  it("scores completions as the trainer does", async () => {
    await using model = await loadRewardModel(judge, { simd: "plain" });
    const { tokenizer } = model;
    const [{ prompt, chosen, rejected } = { prompt: "", chosen: "", rejected: "" }] = pairs;
    const ids = (text: string) => [...tokenizer.encode(prompt + text), ...tokenizer.endOfTextIds.slice(0, 1)];
    await using trainer = await createTrainer({
      model: judge,
      steps: 1,
      simd: "plain",
      objective: { kind: "reward" },
    });
    const length = tokenizer.encode(prompt).length;
    const example = (text: string) => ids(text).slice(length);
    const { metrics } = await trainer.evaluate([
      { prompt: ids("").slice(0, length), chosen: example(chosen), rejected: example(rejected) },
    ]);
    const [own, other] = await Promise.all([
      model.score(chosen, { prompt }),
      model.score(rejected, { prompt }),
    ]);
    expect(own - other).toBeCloseTo(metrics?.margin ?? 0, 5);
    expect(await model.score(prompt + chosen)).toBe(own);
    expect(await model.score(chosen, { prompt: "" })).not.toBe(await model.score(`x${chosen}`));
  });

  it("refuses what is too long, and classifiers of several classes", async () => {
    await using model = await loadRewardModel(judge, { contextSize: 4 });
    const error = await rejectionOf(model.score("a text of more than four tokens, as one sees"));
    expect([error.code, error.message]).toEqual(["resource", expect.stringMatching(/reads at most 4/)]);
    expect((await rejectionOf(loadRewardModel("stories"))).message).toMatch(/is a language model/);
  });
});

describe("gpt reward", () => {
  it("tells the pairs, in all and by group", async () => {
    const args = ["reward", "-m", judge, "--jsonl", "-f", file("pairs.jsonl"), "--by", "part"];
    const plain = await inProcess(...args);
    expect(plain.status).toBe(0);
    expect(plain.stdout).toMatch(/^(-?\d+\.\d{4}\t-?\d+\.\d{4}\n){24}$/);
    expect(plain.stderr).toMatch(
      /group +pairs +accuracy .*\na +8 +100.0%.*\nb +16 +100.0%.*\nall +24 +100.0%/,
    );
    const json = await inProcess(...args, "--json");
    const lines = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[3]).toMatchObject({ id: 3, group: "a" });
    expect(lines[3].margin).toBeCloseTo(lines[3].chosen - lines[3].rejected, 12);
    expect(lines.at(-1).report).toMatchObject({
      pairs: 24,
      accuracy: 1,
      groups: [{ group: "a", pairs: 8 }, {}],
    });
  });

  it("scores texts by rules, line by line, with the error of a wrong one", async () => {
    writeFileSync(
      file("mixed.jsonl"),
      '{"id":"x","text":"a b"}\n{"text":\n{"prompt":"p","completion":"happy"}\n',
    );
    const specs = ["--reward", "length:2", "--reward", "words:happy"];
    const { status, stdout, stderr } = await inProcess(
      "reward",
      ...specs,
      "--jsonl",
      "-f",
      file("mixed.jsonl"),
    );
    expect([status, stdout]).toEqual([1, "0.0000\n\n0.5000\n"]);
    expect(stderr).toMatch(/^3 lines, 1 failed, first .*mixed.jsonl:2: the line is not valid JSON/m);
    const json = await inProcess("reward", ...specs, "--jsonl", "-f", file("mixed.jsonl"), "--json");
    expect(json.stdout.split("\n").map((line) => (line ? JSON.parse(line) : undefined))).toMatchObject([
      { id: "x", reward: 0, rewards: [{ length: 0, words: 0 }] },
      { error: { code: "invalid-file" } },
      { reward: 0.5 },
      undefined,
    ]);
  });

  it("deals lines to shards: gathered, they are the file of one run", async () => {
    const args = ["reward", "-m", judge, "--jsonl", "-f", file("pairs.jsonl"), "--by", "part", "--json"];
    const runs = [[], ["--shard", "1/2"], ["--shard", "2/2"]];
    for (const [i, shard] of runs.entries()) {
      expect((await inProcess(...args, ...shard, "-o", file(`rated-${i}`), "-q")).status).toBe(0);
    }
    const parts = [file("rated-2"), file("rated-1")];
    expect((await inProcess("gather", ...parts, "-o", file("gathered"))).status).toBe(0);
    const [whole, gathered] = ["rated-0", "gathered"].map((name) => readFileSync(file(name), "utf8"));
    expect(gathered).toBe(whole);
    expect(whole).toMatch(/\n\{"report":\{"pairs":24,.*\n$/);
  });

  it("adds rewards to lines of JSON", async () => {
    const pair = { chosen: "happy", rejected: "sad" };
    const lines = [{ text: "happy", seed: 7 }, pair, {}].map((line) => JSON.stringify(line));
    writeFileSync(file("lines.jsonl"), lines.join("\n"));
    const args = ["--reward", "words:happy", "--jsonl", "-f", file("lines.jsonl"), "--annotate", "-q"];
    const { status, stdout } = await inProcess("reward", ...args);
    expect(status).toBe(1);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { text: "happy", seed: 7, reward: 1 },
      { ...pair, score_chosen: 1, score_rejected: 0 },
      { error: { code: "invalid-file" } },
    ]);
  });

  it("takes the rewards of a program, and texts as words", async () => {
    const program = `"${process.execPath}" -e 'require("readline").createInterface({input:process.stdin}).on("line",(l)=>console.log(JSON.parse(l).completion.length))'`;
    const { status, stdout } = await inProcess(
      "reward",
      "--reward-command",
      program,
      "abc",
      "abcdef",
      "--prompt",
      "x",
    );
    expect([status, stdout]).toEqual([0, "3.0000\n6.0000\n"]);
  });

  it.each([
    [["-m", judge, "a", "--by", "part"], /--by is about pairs/],
    [["-m", judge, "--reward", "json", "a"], /name it with --reward model:MODEL/],
    [["--reward", "jsn", "a"], /expected NAME:ARGUMENT/],
    [["-m", "stories", "a"], /is a language model/],
    [["-m", judge, "--jsonl", "--prompt", "a"], /each line has its "prompt"/],
    [["--reward", "json", "--annotate", "a"], /--annotate adds to lines of JSON/],
    [["--reward", "json", "--shard", "1/2", "a"], /--shard is for many lines/],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await inProcess("reward", ...args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
