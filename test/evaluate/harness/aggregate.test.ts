import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { groupScore } from "../../../src/evaluate/harness/aggregate.ts";
import { answerIn, textMetrics } from "../../../src/evaluate/harness/text-metrics.ts";
import { groups, tasks, tasksNamed } from "../../../src/evaluate/tasks/table.ts";
import { describeWithShared, shared } from "../../shared.ts";

it("has 57 subjects, 67 phenomena and eight tasks of SuperGLUE", () => {
  expect(["mmlu", "blimp", "super_glue"].map((name) => tasksNamed(name).length)).toEqual([57, 67, 8]);
  const names = [...tasks, ...groups].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(() => tasksNamed("hellaswagg")).toThrow("did you mean hellaswag?");
  expect(() => tasksNamed("xyz")).toThrow("gpt eval list");
});

describeWithShared("scores of lm-evaluation-harness", () => {
  it("of groups", () => {
    const all = JSON.parse(readFileSync(shared("evaluation/tasks/groups.json"), "utf8"));
    for (const [name, bySize] of [
      ["mmlu", true],
      ["blimp", false],
    ] as const) {
      const { rows, stories } = all[name];
      const members = Object.entries<[number, number]>(rows).map(([task, [first, last]]) => ({
        value: stories[task]["acc,none"],
        error: stories[task]["acc_stderr,none"],
        items: last - first + 1,
      }));
      const { value, error } = groupScore({ name, describe: "", bySize }, members);
      expect(value).toBeCloseTo(stories[name]["acc,none"], 10);
      expect(error).toBeCloseTo(stories[name]["acc_stderr,none"], 10);
    }
  });
});

describeWithShared("answers in texts, as lm-evaluation-harness takes them", () => {
  it("gsm8k", () => {
    const { gold, gsm8k, real } = JSON.parse(
      readFileSync(shared("evaluation/gsm8k-extraction.json"), "utf8"),
    );
    const [task] = tasksNamed("gsm8k");
    const { generation } = task ?? {};
    if (generation === undefined) throw new Error("no generation");
    expect(gsm8k.rows.length).toBeGreaterThan(20);
    for (const row of gsm8k.rows) {
      for (const filter of generation.filters) {
        const answer = answerIn(row.output, filter);
        const { extracted, exact_match: wanted } = row[filter.name];
        expect([row.output, answer]).toEqual([row.output, extracted]);
        expect(textMetrics.exact_match?.(answer, gold["0"], generation)).toBe(wanted);
      }
    }
    for (const { output, ...row } of real.rows) {
      for (const filter of generation.filters)
        expect(answerIn(output, filter)).toBe(row[filter.name].extracted);
    }
  });
});

const [{ generation } = { generation: undefined }] = tasksNamed("gsm8k");
const [strict, flexible] = generation?.filters ?? [];

it.each([
  ["It is 18.\n#### 18", "18", "18"],
  ["#### 1,018 apples", "1,018", "1,018"],
  ["first 3, then 7.", "[invalid]", "7."],
  ["no number", "[invalid]", "[invalid]"],
  ["18 ... done", "[invalid]", "..."],
])("takes the answer out of %j", (text, first, last) => {
  if (generation === undefined || strict === undefined || flexible === undefined)
    throw new Error("no filters");
  expect([answerIn(text, strict), answerIn(text, flexible)]).toEqual([first, last]);
  const right = (answer: string) => textMetrics.exact_match?.(answer, "so\n#### 1018", generation);
  expect(right("1,018")).toBe(1);
  expect(right("1018.")).toBe(1);
  expect(right("1018.0")).toBe(0);
});
