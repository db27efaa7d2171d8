import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { CHATML } from "../../../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../../../src/chat/template/dialogue-ids.ts";
import type { PipelineTokenizer } from "../../../../src/tokenizer/index.ts";
import { dialoguesOf, keepTemplate, keptTemplate } from "../../../../src/train/run/data/dialogues.ts";
import { findData, type ReadNeeds } from "../../../../src/train/run/data/needs.ts";
import { preferenceData, verdictData } from "../../../../src/train/run/data/preference-data.ts";
import { promptData } from "../../../../src/train/run/data/prompt-data.ts";
import { windowData } from "../../../../src/train/run/data/window-data.ts";
import { planOf } from "../../../../src/train/run/plan.ts";
import { RunDirectory } from "../../../../src/train/run/run-directory.ts";
import { chatTokenizer } from "../../../fixtures/chat/chat-tokenizer.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { quiet } from "../quiet-observer.ts";

const file = temporaryFolder();
const asked = { role: "user", content: "Who came?" };
const [kind, rude] = ["Lily came", "No"].map((content) => ({ role: "assistant", content }));
const prompt = "<|im_start|>user\nWho came?<|im_end|>\n<|im_start|>assistant\n";

let tokenizer: PipelineTokenizer;
beforeAll(async () => {
  tokenizer = await chatTokenizer(file("model"));
});

let runs = 0;
/** A run whose data are these records. */
function runOf(records: readonly object[], context = 64): [RunDirectory, ReadNeeds] {
  const data = file(`data-${runs++}.jsonl`);
  writeFileSync(data, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const request = { data: [data], validFraction: 0, batch: 1, seed: 1 };
  const plan = planOf(request, { context, width: 8 });
  const dialogues = new DialogueIds(CHATML, tokenizer);
  const sources = () => findData(request, undefined);
  const read = (): never => expect.unreachable();
  return [
    new RunDirectory(file(`run-${runs}`)),
    { sources, tokenizer, dialogues, plan, observer: quiet, read },
  ];
}

describe("data of messages", () => {
  it("are pairs in the template of the model, the same in a resumed run", async () => {
    const [directory, needs] = runOf([{ chosen: [asked, kind], rejected: [asked, rude] }]);
    const [example] = (await (await preferenceData(directory, needs)).run.batch(0)) as [
      { prompt: number[]; chosen: number[]; rejected: number[] },
    ];
    expect(tokenizer.decode(example.prompt)).toBe(prompt);
    expect(tokenizer.decode(example.chosen)).toBe("Lily came<|im_end|>\n");
    expect(tokenizer.decode(example.rejected)).toBe("No<|im_end|>\n");
    await directory.begin({});
    const resumed = { ...needs, sources: (): never => expect.unreachable() };
    expect(await (await preferenceData(directory, resumed)).run.batch(0)).toEqual([example]);
  });

  it("are completions with a verdict, and prompts with the fields of their line", async () => {
    const verdict = { prompt: [asked], completion: [kind], label: false };
    const [judged] = await (await verdictData(...runOf([verdict]))).run.batch(0);
    expect(judged).toMatchObject({ label: false });
    const line = { prompt: [asked], answer: "Lily" };
    const [example] = await (await promptData(...runOf([line]))).run.batch(0);
    expect(example).toMatchObject({ text: prompt, question: [asked], fields: line });
    expect(tokenizer.decode((example as unknown as { prompt: number[] }).prompt)).toBe(prompt);
  });

  it("are windows in which the answers alone are learned", async () => {
    const lines = [{ messages: [asked, kind] }, { prompt: [asked], completion: [rude] }];
    const [directory, needs] = runOf(lines, 16);
    await using data = await windowData(directory, needs, new AbortController().signal);
    const learned = new Set<string>();
    for (let step = 0; step < 40; step++) {
      for (const window of await data.run.batch(step)) {
        const labels = "labels" in window ? window.labels : [];
        for (const id of labels) if (id >= 0) learned.add(tokenizer.decode([id]).trim());
      }
    }
    expect([...learned].join(" ")).toMatch(/Lily/);
    expect([...learned].join(" ")).not.toMatch(/Who|user|assistant/);
  });
});

describe("the template of a run", () => {
  const source = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  const folder = (name: string) => {
    mkdirSync(file(name));
    return file(name);
  };

  it("is ChatML for a model without one, and stays where messages were read", async () => {
    const needs = { template: undefined, start: undefined, directory: folder("new") };
    const dialogues = await dialoguesOf(needs, tokenizer);
    await keepTemplate(needs, dialogues);
    expect(existsSync(file("new", "chat_template.jinja"))).toBe(false);
    dialogues.prompt([asked], "line 1");
    await keepTemplate(needs, dialogues);
    expect(await keptTemplate(needs.directory)).toBe(CHATML.source);
  });

  it("is the given one, which a resumed run finds again", async () => {
    const template = file("given.jinja");
    writeFileSync(template, source);
    const needs = { template, start: undefined, directory: folder("given") };
    await keepTemplate(needs, await dialoguesOf(needs, tokenizer));
    const resumed = await dialoguesOf({ ...needs, template: undefined }, tokenizer);
    expect(resumed.key).toBe(source);
  });

  it("is the start's, which keeps its own file", async () => {
    const needs = { template: undefined, start: folder("start"), directory: folder("tuned") };
    writeFileSync(file("start", "tokenizer_config.json"), JSON.stringify({ chat_template: source }));
    const dialogues = await dialoguesOf(needs, tokenizer);
    dialogues.prompt([asked], "line 1");
    expect(dialogues.key).toBe(source);
    await keepTemplate(needs, dialogues);
    expect(await keptTemplate(needs.directory)).toBeUndefined();
  });

  it("is refused where its file is missing", async () => {
    const needs = { template: "none.jinja", start: undefined, directory: folder("missing") };
    await expect(dialoguesOf(needs, tokenizer)).rejects.toThrow(
      '--template "none.jinja": there is no such file: name a template in Jinja',
    );
  });
});
