import { describe, expect, it } from "vitest";
import { classesOf, holdOutOfEach, readLabelledTexts } from "../../src/data/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { collect, jsonLines, sourceOf } from "./sources.ts";

const read = (...records: readonly unknown[]) => collect(readLabelledTexts([jsonLines(...records)]));

describe("readLabelledTexts", () => {
  it("reads texts with names, numbers, true and false as labels", async () => {
    const texts = await read(
      { text: "a", label: "good", id: 7 },
      { text: "", label: 3 },
      { label: false, text: "c\n" },
    );
    expect(texts).toEqual([
      { text: "a", label: "good", place: "data.jsonl:1" },
      { text: "", label: "3", place: "data.jsonl:2" },
      { text: "c\n", label: "false", place: "data.jsonl:3" },
    ]);
  });

  it.each([
    [{ text: "a" }, "data.jsonl:2: label is missing, expected a text, a number, true or false"],
    [{ text: "a", label: ["b"] }, "data.jsonl:2: label is"],
    [{ label: "b" }, "data.jsonl:2: text is missing, expected a string"],
    [["a", "b"], "data.jsonl:2: the line is"],
  ])("refuses %j, and names its line", async (record, message) => {
    const error = await rejectionOf(read({ text: "first", label: 1 }, record));
    expect([error.code, error.message]).toEqual(["invalid-file", expect.stringContaining(message)]);
  });

  it("refuses files of other formats", async () => {
    const source = sourceOf("text\tlabel\n", { format: "text", name: "data.txt" });
    expect((await rejectionOf(collect(readLabelledTexts([source])))).message).toBe(
      'data.txt: is text without labels: expected .jsonl with lines {"text": "...", "label": "..."}, or .csv with these columns',
    );
  });

  it("reads CSV and arrays", async () => {
    const csv = sourceOf('text,label,id\n"a, b",good,1\nc,3,2\n', { format: "csv", name: "data.csv" });
    const array = sourceOf('[{"text": "d", "label": true}]', { format: "json", name: "data.json" });
    expect(await collect(readLabelledTexts([csv, array]))).toEqual([
      { text: "a, b", label: "good", place: "data.csv:2" },
      { text: "c", label: "3", place: "data.csv:3" },
      { text: "d", label: "true", place: "data.json:1" },
    ]);
  });

  it("reads the second text of a pair", async () => {
    const [pair, single] = await read({ text: "a", text_pair: "b", label: 1 }, { text: "a", label: 0 });
    expect([pair?.text_pair, single?.text_pair]).toEqual(["b", undefined]);
  });
});

describe("classesOf", () => {
  it("orders numbers by size and names by their characters", () => {
    const of = (...labels: readonly string[]) => classesOf(labels.map((label) => ({ label })));
    expect(of("10", "9", "-1", "9")).toEqual(["-1", "9", "10"]);
    expect(of("true", "false")).toEqual(["false", "true"]);
    expect(of("10", "9", "b", "B")).toEqual(["10", "9", "B", "b"]);
  });
});

describe("holdOutOfEach", () => {
  const texts = Array.from({ length: 300 }, (_, i) => ({ label: i % 20 === 0 ? "rare" : `c${i % 2}`, i }));

  it("keeps an even share of every class back, whatever their order", () => {
    const { train, valid } = holdOutOfEach(texts, { fraction: 0.2, seed: 1 });
    expect([...train, ...valid].sort((a, b) => a.i - b.i)).toEqual(texts);
    for (const [label, size] of [
      ["rare", 15],
      ["c0", 135],
      ["c1", 150],
    ] as const) {
      const held = valid.filter((text) => text.label === label).length;
      expect(Math.abs(held - 0.2 * size)).toBeLessThanOrEqual(1);
    }
    expect(holdOutOfEach(texts, { fraction: 0.2, seed: 1 }).valid).toEqual(valid);
    expect(holdOutOfEach(texts, { fraction: 0.2, seed: 2 }).valid).not.toEqual(valid);
  });

  it("leaves the first text of every class to training", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { train } = holdOutOfEach(texts.slice(0, 3), { fraction: 0.9, seed });
      expect(train.map(({ i }) => i)).toEqual([0, 1, 2]);
    }
  });
});
