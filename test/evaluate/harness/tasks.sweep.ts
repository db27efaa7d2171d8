import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { valuesOf } from "../../../src/evaluate/harness/aggregate.ts";
import type { Chosen } from "../../../src/evaluate/harness/answered.ts";
import { type Prepared, prepareTask, runTask } from "../../../src/evaluate/harness/run-task.ts";
import { answerIn } from "../../../src/evaluate/harness/text-metrics.ts";
import type { MetricName, Task } from "../../../src/evaluate/task/definition.ts";
import { tasksNamed } from "../../../src/evaluate/tasks/table.ts";
import type { LanguageModel } from "../../../src/library/language-model.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

interface Wanted {
  readonly doc_id: number;
  readonly context?: string;
  readonly contexts?: readonly string[];
  readonly continuations: readonly string[];
  readonly gold?: number;
  readonly models: Readonly<
    Record<
      string,
      { ll: number[]; greedy: boolean[]; tokens: number[][] } & Partial<Record<MetricName, number>>
    >
  >;
}

interface Run {
  readonly shots: number;
  readonly items: readonly Wanted[];
  readonly aggregate: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const PUBLIC = [
  "arc_challenge",
  "arc_easy",
  "blimp_anaphor_gender_agreement",
  "cola",
  "hellaswag",
  "lambada_openai",
  "mmlu_elementary_mathematics",
  "mmlu_high_school_geography",
  "openbookqa",
  "piqa",
  "social_iqa",
  "sst2",
  "winogrande",
];

/** Items of each run that are compared. */
const ITEMS = 3;

const file = temporaryFolder();

describeWithShared("tasks, item by item as lm-evaluation-harness has them", () => {
  const folder = () => file("sets/eval");
  let model: LanguageModel;
  beforeAll(async () => {
    mkdirSync(file("sets"));
    execFileSync("tar", ["xJf", shared("data/evaluation/sets.tar.xz"), "-C", file("sets")]);
    model = await loadModel(shared("models/stories-gpt2"), { threads: 1 });
  }, 120_000);
  afterAll(() => model.close());

  const runsOf = (path: string): readonly Run[] =>
    JSON.parse(readFileSync(shared(`evaluation/${path}.json`), "utf8")).runs;

  it.each(PUBLIC)("%s", { timeout: 120_000 }, async (name) => {
    for (const run of runsOf(`tasks/${name}`)) {
      await compare(model, "stories-gpt2", taskNamed(name), folder(), run);
    }
  });

  it.each(["arc_easy", "openbookqa", "piqa", "winogrande"])(
    "%s, with BOS",
    { timeout: 120_000 },
    async (name) => {
      await using llama = await loadModel(shared("models/stories260k.gguf"), { threads: 1 });
      for (const run of runsOf(`tasks-bos/${name}`)) {
        await compare(llama, "stories260k", taskNamed(name), folder(), run);
      }
    },
  );

  it("gsm8k: prompts, generated texts and extracted answers", { timeout: 120_000 }, async () => {
    const { runs } = JSON.parse(readFileSync(shared("evaluation/tasks/gsm8k.json"), "utf8"));
    const items = runs[0].items.slice(0, ITEMS);
    const prepared = await prepareTask(taskNamed("gsm8k"), folder(), { limit: ITEMS });
    const maxTokens = items[0].gen_kwargs.max_gen_toks;
    const { answers } = await runTask(model, prepared, { maxTokens });
    for (const [i, answered] of answers.entries()) {
      const { context, models } = items[i];
      if (answered.kind !== "text") throw new Error("no text");
      expect([answered.question.contexts, answered.text]).toEqual([
        [context],
        models["stories-gpt2"].generated,
      ]);
      for (const filter of prepared.task.generation?.filters ?? []) {
        const { extracted, exact_match: score } = models["stories-gpt2"][filter.name];
        expect(answerIn(answered.text, filter)).toBe(extracted);
        expect(valuesOf(prepared.task, [answered], "exact_match", filter.name)).toEqual([score]);
      }
    }
  });

  it("scores a task and its error as the harness does", { timeout: 120_000 }, async () => {
    const [run] = runsOf("tasks/blimp_anaphor_gender_agreement");
    const task = taskNamed("blimp_anaphor_gender_agreement");
    const { scores } = await runTask(model, await prepareTask(task, folder(), { limit: run?.items.length }));
    const wanted = run?.aggregate["stories-gpt2"];
    expect(scores[0]?.value).toBeCloseTo(wanted?.["acc,none"] ?? NaN, 6);
    expect(scores[0]?.error).toBeCloseTo(wanted?.["acc_stderr,none"] ?? NaN, 5);
  });
});

function taskNamed(name: string): Task {
  const task = tasksNamed(name)[0] as Task;
  const more: Record<string, MetricName[]> = { arc_easy: ["acc_mutual_info", "acc_bytes", "exact_match"] };
  return { ...task, metrics: [...task.metrics, ...(more[name] ?? [])] };
}

async function compare(model: LanguageModel, modelName: string, task: Task, folder: string, run: Run) {
  const rows = run.items.map(({ doc_id }) => doc_id);
  const prepared = await prepareTask(task, folder, { shots: run.shots, rows });
  const wanted = run.items.map((item, i) => ({ item, question: prepared.questions[i] }));
  for (const { item, question } of wanted) {
    expect(question?.item.id).toBe(item.doc_id);
    const contexts = item.contexts ?? [item.context];
    expect(question?.contexts).toEqual(contexts.slice(0, question?.contexts.length));
    expect(question?.continuations).toEqual(item.continuations.slice(0, question?.continuations.length));
    if (item.gold !== undefined) expect(question?.item.gold).toEqual([item.gold]);
  }
  const chosen = wanted.slice(0, ITEMS).flatMap(({ question }) => question ?? []);
  const long = wanted.filter(({ item }) => "long" in item).slice(0, 1);
  const asked = [...chosen, ...long.flatMap(({ question }) => question ?? [])];
  const result = await runTask(model, { ...prepared, questions: asked } as Prepared);
  for (const answered of result.answers as readonly Chosen[]) {
    const item = run.items.find(({ doc_id }) => doc_id === answered.question.item.id);
    const found = item?.models[modelName];
    if (found === undefined) throw new Error("no such item");
    const { ll, greedy, tokens, ...scores } = found;
    const sums = [...answered.likelihoods.map(({ sum }) => sum), ...(answered.unconditional ?? [])];
    for (const [i, sum] of sums.entries()) expect(Math.abs(sum - (ll[i] as number))).toBeLessThan(2e-3);
    expect(answered.likelihoods.map((one) => one.greedy)).toEqual(
      greedy.slice(0, answered.likelihoods.length),
    );
    expect(answered.tokens).toEqual(tokens.slice(0, answered.tokens.length));
    for (const metric of task.metrics) {
      if (scores[metric] === undefined) continue;
      expect([metric, ...valuesOf(task, [answered], metric, "none")]).toEqual([metric, scores[metric]]);
    }
  }
}
