import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHATML } from "../../../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../../../src/chat/template/dialogue-ids.ts";
import { IGNORED_LABEL } from "../../../../src/data/index.ts";
import { findData } from "../../../../src/train/run/data/needs.ts";
import { windowData } from "../../../../src/train/run/data/window-data.ts";
import type { Example } from "../../../../src/train/run/model-in-training.ts";
import { planOf } from "../../../../src/train/run/plan.ts";
import type { RunRequest } from "../../../../src/train/run/request.ts";
import type { RunData } from "../../../../src/train/run/run.ts";
import { RunDirectory } from "../../../../src/train/run/run-directory.ts";
import { collect } from "../../../data/sources.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { ByteTokenizer } from "../../../text/byte-tokenizer.ts";
import { idsOf } from "../ids-of.ts";
import { quiet } from "../quiet-observer.ts";

const file = temporaryFolder();
let runs = 0;

/** Opens the data of a run with one sequence a step. A token is a byte. */
async function withData<T>(
  wishes: RunRequest,
  context: number,
  use: (data: RunData) => Promise<T>,
  endOfTextIds: readonly number[] = [],
): Promise<T> {
  const request = { batch: 1, ...wishes };
  const bytes = Array.from({ length: 256 }, (_, byte) => [byte]);
  const tokenizer = new ByteTokenizer(bytes, { endOfTextIds });
  const needs = {
    sources: () => findData(request, undefined),
    tokenizer,
    dialogues: new DialogueIds(CHATML, tokenizer),
    plan: planOf(request, { context, width: 8 }),
    observer: quiet,
  };
  const directory = new RunDirectory(file(`run-${runs++}`));
  await using data = await windowData(directory, needs, new AbortController().signal);
  return await use(data.run);
}

const lines = (...records: object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("windowData", () => {
  const context = 4;

  it("passes over windows in which nothing is learned, the same ones whenever it is asked", async () => {
    const path = file("prompts.jsonl");
    writeFileSync(path, lines({ prompt: "a".repeat(60), completion: "x" }, { text: "b" }));
    await withData({ data: [path], validFraction: 0 }, context, async ({ batch }) => {
      const batches = await Promise.all(Array.from({ length: 20 }, (_, step) => batch(step)));
      for (const [window, ...others] of batches) {
        expect(others).toEqual([]);
        const labels = window && "labels" in window ? window.labels : [];
        expect(labels.slice(1).some((label) => label >= 0)).toBe(true);
      }
      expect(await batch(7)).toEqual(batches[7]);
    });
  });

  it("refuses data with nothing to learn", async () => {
    const path = file("nothing.jsonl");
    writeFileSync(path, lines({ prompt: "a".repeat(60), completion: "" }));
    const error = await rejectionOf(
      withData({ data: [path], validFraction: 0 }, context, ({ batch }) => batch(0)),
    );
    expect(error.message).toContain("in no window of 4 tokens is there anything to learn: only completions");
  });

  it("lets some windows of a single document begin as a text does, and of several none", async () => {
    const path = file("document.txt");
    const beginOf = (batches: readonly (readonly Example[])[]) =>
      batches.flatMap(([window]) => (window === undefined ? [] : [idsOf(window)[0]]));
    const firstIds = (request: RunRequest) =>
      withData(
        request,
        context,
        async ({ batch }) => beginOf(await Promise.all(Array.from({ length: 17 }, (_, step) => batch(step)))),
        [0],
      );
    writeFileSync(path, "abcdefgh".repeat(20));
    const one = await firstIds({ data: [path], validFraction: 0 });
    expect(one.map((id) => id === 0)).toEqual(one.map((_, i) => i % 8 === 0));
    writeFileSync(path, `${"abcdefgh".repeat(20)}<|endoftext|>${"abcdefgh".repeat(20)}`);
    const two = await firstIds({ data: [path], validFraction: 0 });
    expect(two.filter((id) => id === 0).length).toBeLessThan(3);
  });

  it("validates on less than a window if there is no more text", async () => {
    writeFileSync(file("train.txt"), "ab".repeat(30));
    writeFileSync(file("valid.txt"), "xyx");
    const wishes = { data: [file("train.txt")], valid: [file("valid.txt")] };
    await withData(wishes, context, async ({ validation }) => {
      const ids = [...Buffer.from("xyx")];
      expect([validation.size, validation.sampled]).toEqual([1, 1]);
      const batches = await collect(validation.sample());
      expect(batches).toEqual([[{ ids, labels: [IGNORED_LABEL, ...ids.slice(1)] }]]);
    });
  });
});
