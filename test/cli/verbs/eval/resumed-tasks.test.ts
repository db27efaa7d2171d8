import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Journal } from "../../../../src/cli/journal.ts";
import { Session } from "../../../../src/engine/session.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { root } from "../../../habits/sources.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();

beforeAll(() => {
  for (const folder of ["CB", "COPA", "RTE"]) mkdirSync(file(folder));
  const premise = "The dog barked.";
  const row = {
    premise,
    hypothesis: "It is loud",
    label: "entailment",
    choice1: "A cat came.",
    choice2: "It slept.",
  };
  const text = `${JSON.stringify({ ...row, question: "cause" })}\n`;
  writeFileSync(file("CB/val.jsonl"), text);
  writeFileSync(file("RTE/val.jsonl"), text);
  writeFileSync(file("COPA/val.jsonl"), text.replace('"entailment"', "0"));
});

describe("gpt eval --apply-chat-template", () => {
  const args = ["--data", file(""), "-t", "1", "-q", "--apply-chat-template"];

  it("puts prompts into the model's template", async () => {
    const model = file("model");
    cpSync(join(root, "models/stories"), model, { recursive: true });
    writeFileSync(join(model, "chat_template.jinja"), "[{{ messages[0].content }}]");
    const { status, stdout } = await inProcess("eval", "show", "copa", "-m", model, ...args);
    expect([status, stdout]).toEqual([0, expect.stringContaining("[The dog barked because]\n--\n*")]);
    const ran = await inProcess("eval", "copa", "-m", model, ...args, "--json");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      chat_template: "[{{ messages[0].content }}]",
      fewshot_as_multiturn: true,
    });
  });

  it("is refused for a model without one, and its flags alone", async () => {
    const model = file("base");
    cpSync(join(root, "models/stories"), model, { recursive: true });
    rmSync(join(model, "chat_template.jinja"), { force: true });
    const { status, stderr } = await inProcess("eval", "copa", "-m", model, ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining("has no chat template")]);
    const alone = await inProcess("eval", "copa", "--system-instruction", "Be brief.");
    expect([alone.status, alone.stderr]).toEqual([2, expect.stringContaining("give --apply-chat-template")]);
  });
});

describe("gpt eval, again", () => {
  it("goes on with the answers of a run that did not end", async () => {
    writeFileSync(file("gsm8k_test.jsonl"), '{"question":"1 + 1?","answer":"one more\\n#### 2"}\n');
    writeFileSync(file("gsm8k_train.jsonl"), '{"question":"1 + 2?","answer":"#### 3"}\n');
    const output = file("unended.json");
    const args = ["eval", "cb", "gsm8k", "--data", file(""), "--shots", "0", "-t", "1", "-q", "-o", output];
    const first = await inProcess(...args);
    expect([first.status, first.stderr]).toEqual([2, expect.stringContaining("leaves no room for a prompt")]);
    const journal = readFileSync(`${output}.journal`, "utf8");
    expect(journal.split("\n")).toHaveLength(3); // the run, the answer to cb, and nothing
    const answer = JSON.parse(journal.split("\n")[1] ?? "");
    expect(answer).toMatchObject({ model: 0, task: "cb", question: 0, answer: { kind: "choice" } });
    // What stands there is not asked again.
    await inProcess(...args);
    expect(readFileSync(`${output}.journal`, "utf8")).toBe(journal);
    const other = await inProcess(...args, "--max-tokens", "9");
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("another run")]);
  });

  it("ends with the same results, without a journal, where all answers are known", async () => {
    const [output, fresh] = [file("resumed.json"), file("fresh.json")];
    const run = (path: string) =>
      inProcess("eval", "cb", "sglue_rte", "--data", file(""), "-t", "1", "-q", "-o", path);
    const score = vi.spyOn(Session.prototype, "score");
    await run(fresh);
    expect(score).toHaveBeenCalled();
    const remove = vi.spyOn(Journal.prototype, "remove").mockResolvedValue();
    await run(output);
    remove.mockRestore();
    rmSync(output);
    score.mockClear();
    await run(output);
    expect(score).not.toHaveBeenCalled();
    score.mockRestore();
    expect(existsSync(`${output}.journal`)).toBe(false);
    const [a, b] = [output, fresh].map((path) => JSON.parse(readFileSync(path, "utf8")).results);
    expect(a).toEqual(b);
  });

  it("compares two logs of samples", async () => {
    const [first, second] = [file("first.jsonl"), file("second.jsonl")];
    const run = (log: string, ...more: string[]) =>
      inProcess("eval", "cb", "copa", "--data", file(""), "-t", "1", "-q", "--log-samples", log, ...more);
    await run(first);
    await run(second, "--quant", "q4_0");
    const { status, stdout } = await inProcess("eval", "compare", first, second);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^copa +1 +none +acc /m)]);
    const json = await inProcess("eval", "compare", first, second, "--json");
    expect(JSON.parse(json.stdout.split("\n")[0] ?? "")).toMatchObject({
      task: "cb",
      items: 1,
      unmatched: 0,
    });
    for (const [names, code, problem] of [
      [[first], 2, "give two files"],
      [[first, file("CB/val.jsonl")], 4, "val.jsonl:1: expected a line of --log-samples"],
    ] as const) {
      const refused = await inProcess("eval", "compare", ...names);
      expect([refused.status, refused.stderr]).toEqual([code, expect.stringContaining(problem)]);
    }
  });
});
