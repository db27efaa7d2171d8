import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RunRecord, TrainRecord } from "../../../src/train/run/history.ts";
import { MetricsFile } from "../../../src/train/run/metrics-file.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const train = (step: number): TrainRecord => ({
  kind: "train",
  step,
  loss: 5 - step / 10,
  lr: 1e-3,
  gradNorm: 0.5,
  tokens: 256 * step,
  seconds: 0.25,
});

const records: readonly RunRecord[] = [
  { kind: "validation", step: 0, loss: 5 },
  train(1),
  train(2),
  { kind: "validation", step: 2, loss: 4.5, scores: { accuracy: 0.75, macroF1: 0.7 } },
  { kind: "sample", step: 2, text: "two\nlines „é“" },
  { ...train(3), peakShare: 0.625 },
];

async function write(path: string): Promise<void> {
  await using metrics = await MetricsFile.open(path, 0);
  for (const record of records) await metrics.add(record);
}

/** What a run that goes on after a step finds. */
async function reopen(path: string, step: number): Promise<readonly RunRecord[]> {
  await using metrics = await MetricsFile.open(path, step);
  return metrics.records;
}

describe("MetricsFile", () => {
  it("writes a line of JSON for each record, and reads it back", async () => {
    const path = file("whole.jsonl");
    await write(path);
    const [, second, , , , sixth] = readFileSync(path, "utf8").split("\n");
    expect(second).toBe(
      '{"kind":"train","step":1,"loss":4.9,"lr":0.001,"tokens":256,"grad_norm":0.5,"seconds":0.25}',
    );
    expect(sixth).toContain('"seconds":0.25,"peak_share":0.625}');
    expect(await reopen(path, 3)).toEqual(records);
  });

  it("drops what comes after the step that a run goes on from", async () => {
    const path = file("cut.jsonl");
    await write(path);
    expect(await reopen(path, 2)).toEqual(records.slice(0, 5));
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(6);
  });

  it("drops a line that was torn, also where only its end is missing", async () => {
    const path = file("torn.jsonl");
    await write(path);
    const whole = readFileSync(path, "utf8");
    for (const end of [1, 20]) {
      writeFileSync(path, whole.slice(0, -end));
      expect(await reopen(path, 9)).toEqual(records.slice(0, 5));
      expect(readFileSync(path, "utf8")).toBe(whole.split("\n").slice(0, 5).join("\n").concat("\n"));
    }
  });

  it("drops a line that is no record, and all lines after it", async () => {
    const path = file("strange.jsonl");
    const lines = [
      '{"kind":"validation","step":0,"loss":5}',
      '{"kind":"train","step":1}',
      '{"kind":"validation","step":1,"loss":4}',
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    expect(await reopen(path, 9)).toEqual([{ kind: "validation", step: 0, loss: 5 }]);
  });

  it("begins anew with a run that has no steps yet", async () => {
    const path = file("new.jsonl");
    await write(path);
    expect(await reopen(path, 0)).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("names the file that it cannot write", async () => {
    const error = await rejectionOf(MetricsFile.open(file("none", "metrics.jsonl"), 0));
    expect([error.code, error.message]).toEqual([
      "resource",
      `${file("none", "metrics.jsonl")}: cannot be written: its directory does not exist`,
    ]);
  });
});
