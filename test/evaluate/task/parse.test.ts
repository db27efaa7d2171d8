import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readItems } from "../../../src/evaluate/task/items.ts";
import { readTask } from "../../../src/evaluate/task/parse.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const task = {
  name: "colours",
  data: "colours.jsonl",
  prompt: "{thing} is",
  choices: ["red", "green"],
  target: "{colour}",
  metrics: ["acc"],
};

const written = (name: string, value: unknown): string => {
  writeFileSync(file(name), JSON.stringify(value));
  return file(name);
};

describe("a task in a file", () => {
  it("is read, and its items are", async () => {
    const found = await readTask(written("task.json", { ...task, shots: { count: 1, draw: "first" } }));
    expect(found).toMatchObject({
      name: "colours",
      shots: { count: 1 },
      sources: [{ files: ["colours.jsonl"] }],
    });
    const rows = [{ thing: "Grass", colour: "green" }, { thing: "Sky", colour: "blue" }, { colour: 0 }];
    writeFileSync(file("colours.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
    const { items, malformed } = await readItems(found, { files: ["colours.jsonl"] }, file("."));
    expect(items).toMatchObject([{ id: 0, prompts: ["Grass is"], choices: ["red", "green"], gold: [1] }]);
    expect(malformed).toMatchObject([
      { id: 1, problem: expect.stringContaining('the target is "blue"') },
      { id: 2, problem: expect.stringContaining('there is no field "thing"') },
    ]);
  });

  it.each([
    [{ ...task, metrics: ["accuracy"] }, "metrics must be a list of acc"],
    [{ ...task, promt: "x" }, "no option 'promt'"],
    [{ ...task, prompt: undefined }, 'lacks "prompt"'],
    [{ ...task, choices: undefined }, '"choices" or "generation"'],
    [{ ...task, shots: { count: -1 } }, "shots.count must be"],
    [
      { ...task, choices: undefined, generation: { filters: [{ name: "x", pattern: "(" }] } },
      "filters must be",
    ],
  ])("is refused: %j", async (value, problem) => {
    await expect(readTask(written("wrong.json", value))).rejects.toThrow(problem);
  });
});
