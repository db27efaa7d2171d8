import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Classifier } from "../../../../src/library/classifier.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const words = { low: ["mud", "pit", "floor", "root"], high: ["sky", "cloud", "roof", "star"] };
const record = (i: number) => {
  const label = i % 2 === 0 ? "low" : "high";
  const text = Array.from({ length: 4 + (i % 3) }, (_, k) => words[label][(i * 7 + k * k) % 4]).join(" ");
  return { id: i, text, label };
};
const records = Array.from({ length: 80 }, (_, i) => record(i));
const data = file("places.jsonl");
const model = file("model");
const classifier = file("classifier");

const numbers = ["--batch", "8", "--dropout", "0.1", "-t", "1"];
const train = (out: string, ...more: readonly string[]) =>
  ["train", data, "--task", "classify", "--init", model, "-o", file(out), ...numbers, ...more] as const;
const metrics = (out: string) =>
  readFileSync(file(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  writeFileSync(data, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const sizes = ["--layers", "1", "--heads", "2", "--width", "32", "--context", "16", "--vocab-size", "300"];
  const begin = await gpt(
    "train",
    data,
    "-o",
    model,
    ...sizes,
    "--steps",
    "2",
    "--sample-every",
    "0",
    "-t",
    "1",
  );
  expect(begin.status).toBe(0);
  const end = await gpt(...train("classifier", "--steps", "30", "--lr", "1e-2", "--valid-fraction", "0.2"));
  expect(end).toMatchObject({ status: 0, stdout: "" });
  expect(end.stderr).toMatch(/accuracy 100\.0%, macro-F1 1\.000 · gpt classify -m \S+\n$/);
}, 60_000);

describe("gpt train --task classify", () => {
  it("measures accuracy and macro-F1, and tells of them in the card", () => {
    const validations = metrics("classifier").filter(({ kind }) => kind === "validation");
    expect(validations.at(-1)).toMatchObject({ step: 30, accuracy: 1, macro_f1: 1 });
    const card = readFileSync(file("classifier", "README.md"), "utf8");
    expect(card).toContain("pipeline_tag: text-classification");
    expect(card).toContain("| classes | `high`, `low` |");
    expect(card).toMatch(/A gpt2 classifier of [\d,]+ parameters that began as/);
  });

  it("resumes a stopped run, with the same weights in the end", async () => {
    const flags = ["--steps", "12", "--eval-every", "2"];
    const whole = await gpt(...train("whole", ...flags));
    expect(whole.status).toBe(0);
    const stopped = await gptWith({ signal: "SIGINT" }, ...train("stopped", ...flags));
    expect(stopped.status).toBe(130);
    const resumed = await gpt("train", "--resume", file("stopped"));
    expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining("12 steps in")]);
    const weights = (out: string) => readFileSync(file(out, "last", "model.safetensors"));
    expect(weights("stopped").equals(weights("whole"))).toBe(true);
    const losses = (out: string) => metrics(out).map(({ step, loss, accuracy }) => [step, loss, accuracy]);
    expect(losses("stopped")).toEqual(losses("whole"));
  });

  it("leaves a model that still writes", async () => {
    const written = await gpt("generate", "-m", classifier, "the sky", "-n", "5", "--json");
    expect(JSON.parse(written.stdout).ids).toHaveLength(5);
  });

  it("refuses data and models of no classifier in one line", async () => {
    writeFileSync(file("same.jsonl"), '{"text":"a","label":1}\n{"text":"b","label":1}\n');
    writeFileSync(file("stray.jsonl"), '{"text":"a","label":"middle"}\n');
    writeFileSync(file("plain.txt"), "a text\n");
    const refused = async (data: string, ...more: readonly string[]) => {
      const args = ["train", data, "--task", "classify", "--init", model, "-o", file("none"), "--steps", "1"];
      const { status, stderr } = await gpt(...args, ...more);
      return [status, stderr.split("\n").slice(-2, -1)[0]];
    };
    expect(await refused(file("same.jsonl"))).toEqual([
      4,
      expect.stringContaining('same.jsonl: the label "1" alone: a classifier needs two classes'),
    ]);
    expect(await refused(data, "--valid", file("stray.jsonl"))).toEqual([
      4,
      expect.stringContaining('stray.jsonl:1: the label "middle" is of no text that is trained on'),
    ]);
    expect(await refused(file("plain.txt"))).toEqual([
      4,
      expect.stringContaining("plain.txt: is text without labels: expected .jsonl with lines"),
    ]);
    expect(await refused(data, "--lora", "2")).toEqual([2, expect.stringContaining("leave --lora out")]);
  });
});

describe("gpt classify", () => {
  it("of shards is joined to the file of one run, with the comparison of all labels", async () => {
    const run = ["classify", "-m", classifier, "--jsonl", "-f", data, "--json", "-t", "1", "-q"];
    const whole = file("whole.jsonl");
    expect((await inProcess(...run, "-o", whole)).status).toBe(0);
    const parts = [1, 2, 3].map((i) => file(`part-${i}.jsonl`));
    for (const [i, part] of parts.entries()) {
      expect((await inProcess(...run, "--shard", `${i + 1}/3`, "-o", part)).status).toBe(0);
    }
    const { stdout } = await inProcess("gather", ...parts);
    expect(stdout).toBe(readFileSync(whole, "utf8"));
    expect(stdout.trimEnd().split("\n").at(-1)).toContain('{"report":{"texts":80,');
  });

  it("names the class of each text with its probability", async () => {
    const { status, stdout, stderr } = await gpt(
      "classify",
      "-m",
      classifier,
      "mud pit root",
      "sky star roof",
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^low\t[01]\.\d{4}\nhigh\t[01]\.\d{4}\n$/);
  });

  it("takes a whole input, or its lines", async () => {
    const input = Buffer.from("mud pit mud root\nsky cloud sky star\n");
    const whole = await gptWith({ input }, "classify", "-m", classifier);
    expect(whole.stdout.split("\n")).toHaveLength(2);
    const lines = await gptWith({ input }, "classify", "-m", classifier, "--lines");
    expect(lines.stdout).toMatch(/^low\t.*\nhigh\t.*\n$/);
  });

  it("compares its classes with the labels of lines of JSON", async () => {
    const { status, stdout, stderr } = await gpt("classify", "-m", classifier, "--jsonl", "-f", data);
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(80);
    expect(stderr.split("\n").slice(-5)).toEqual([
      "class  precision  recall     F1  texts",
      "high       1.000   1.000  1.000     40",
      "low        1.000   1.000  1.000     40",
      "accuracy 100.0%, macro-F1 1.000 of 80 texts",
      "",
    ]);
  });

  it("says it in JSON, too, and when a text is cut", async () => {
    const args = ["classify", "-m", classifier, "--jsonl", "-f", data, "--json", "-c", "5"];
    const { stdout, stderr } = await gpt(...args);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(81);
    const [first] = lines;
    expect(first).toMatchObject({ id: 0, text: records[0]?.text, expected: "low" });
    expect(first.probabilities.low + first.probabilities.high).toBeCloseTo(1, 9);
    expect(lines.at(-1).report).toMatchObject({ texts: 80, classes: [{ label: "high" }, { label: "low" }] });
    const cut = lines.filter(({ truncated }) => truncated).length;
    expect(cut).toBeGreaterThan(0);
    expect(stderr).toBe(`${cut} texts of more than 5 tokens: the end was not read\n`);
  });

  it("answers a line that is wrong with its error, and goes on", async () => {
    writeFileSync(
      file("bad.jsonl"),
      '{"id":"a","label":"low"}\n{"text":\n{"id":"b","text":"mud pit","label":"low"}\n',
    );
    const args = ["classify", "-m", classifier, "--jsonl", "-f", file("bad.jsonl"), "--json"];
    const { status, stdout, stderr } = await gpt(...args);
    const [first, second, third, last] = stdout.split("\n", 4).map((line) => JSON.parse(line));
    const message = `${file("bad.jsonl")}:1: text is missing, expected a string`;
    expect(first).toEqual({ id: "a", error: { code: "invalid-file", message } });
    expect(second.error.message).toContain("bad.jsonl:2: the line is not valid JSON");
    expect([third.id, third.label, last.report.texts]).toEqual(["b", "low", 1]);
    expect([status, stderr]).toEqual([1, `3 texts, 2 failed, first ${message}\n`]);

    const input = Buffer.from("mud pit\n\xe9\nsky star\n", "latin1");
    const lines = await gptWith({ input }, "classify", "-m", classifier, "--lines");
    expect(lines).toMatchObject({ status: 1, stdout: expect.stringMatching(/^low\t.*\n\nhigh\t.*\n$/) });
    expect(lines.stderr).toMatch(
      /^3 texts, 1 failed, first standard input:2: is not UTF-8: byte 0 is 0xe9.*\n$/,
    );
  });

  it.each([
    [["-m", model, "a"], 4, "is a language model, no classifier"],
    [["-m", classifier], 2, "no text is given"],
    [
      ["-m", classifier, "a", "--lines"],
      2,
      "--lines takes its texts from the input: name its file with --file",
    ],
  ])("refuses %j", async (args, status, message) => {
    const refused = await gpt("classify", ...args);
    expect([refused.status, refused.stderr]).toEqual([status, expect.stringContaining(message)]);
  });
});

describe("gpt classify, again", () => {
  it("goes on with what a stopped run had done, and compares all texts", async () => {
    const args = ["classify", "-m", classifier, "--jsonl", "-f", data, "--json", "-t", "1", "-q"];
    const [whole, cut] = [file("whole.jsonl"), file("cut.jsonl")];
    expect((await inProcess(...args, "-o", whole)).status).toBe(0);
    const own = Classifier.prototype.classify;
    let calls = 0;
    const spy = vi.spyOn(Classifier.prototype, "classify");
    spy.mockImplementation(function (this: Classifier, text, options) {
      if (calls++ === 50) throw new Error("power cut");
      return own.call(this, text, options);
    });
    expect((await inProcess(...args, "-o", cut)).status).not.toBe(0);
    expect(existsSync(`${cut}.journal`)).toBe(true);
    expect((await inProcess(...args, "-o", cut)).status).toBe(0);
    expect(calls).toBeLessThanOrEqual(51 + 30);
    spy.mockRestore();
    expect(readFileSync(cut, "utf8")).toBe(readFileSync(whole, "utf8"));
    expect(existsSync(`${cut}.journal`)).toBe(false);
  });
});
