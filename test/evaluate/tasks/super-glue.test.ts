import { expect, it } from "vitest";
import type { Fields, Task } from "../../../src/evaluate/task/definition.ts";
import { multirc, record, wsc } from "../../../src/evaluate/tasks/super-glue.ts";

const rowsOf = (task: Task, row: Fields): Fields[] => [task.sources?.[0]?.fields?.(row) ?? []].flat();

it("ReCoRD puts the entity into every blank of a query", () => {
  const [row] = rowsOf(record, {
    passage: { text: "Tom ran.", entities: [{ start: 0, end: 2 }] },
    qas: [{ query: "@placeholder said that @placeholder ran", answers: [{ text: "Tom" }] }],
  } as unknown as Fields);
  expect(row).toMatchObject({ choices: ["  - Tom said that Tom ran"], label: [0] });
});

it("MultiRC has yes first and the label as it is, as lm-evaluation-harness", () => {
  expect(multirc.choices).toEqual([expect.stringMatching(/yes$/), expect.stringMatching(/no$/)]);
});

it.each([
  ["The police.", 0, "The police"],
  ["the police", 0, "The police"],
  ["Their\ncar", 3, "their car"],
  ["Kamenev and Zinoviev", 0, "Kamenev and Zinoviev"],
])("WSC spells the span %j as its text does", (span1_text, span1_index, noun) => {
  const target = { span1_text, span1_index, span2_text: "They", span2_index: 6 };
  const text = "The police took their car away. They left.";
  const [row] = rowsOf(wsc, { text, target, label: true } as unknown as Fields);
  expect(row).toMatchObject({ noun, pronoun: "They", label: 1 });
});
