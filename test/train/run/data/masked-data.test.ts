import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CHATML } from "../../../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../../../src/chat/template/dialogue-ids.ts";
import { IGNORED_LABEL } from "../../../../src/data/index.ts";
import { openTokenizer } from "../../../../src/library/open-tokenizer.ts";
import { maskedData } from "../../../../src/train/run/data/masked-data.ts";
import { findData } from "../../../../src/train/run/data/needs.ts";
import type { Example } from "../../../../src/train/run/model-in-training.ts";
import { planOf } from "../../../../src/train/run/plan.ts";
import type { RunData } from "../../../../src/train/run/run.ts";
import { RunDirectory } from "../../../../src/train/run/run-directory.ts";
import { collect } from "../../../data/sources.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { idsOf } from "../ids-of.ts";
import { quiet } from "../quiet-observer.ts";

const file = temporaryFolder();

async function withData<T>(model: string, run: string, use: (data: RunData) => Promise<T>): Promise<T> {
  const request = {
    data: [file("train.txt")],
    valid: [file("valid.txt")],
    batch: 2,
    task: "fill-mask",
  } as const;
  const tokenizer = await openTokenizer(shared(`models/golden/${model}`));
  const plan = planOf(request, { context: 16, width: 8 });
  const dialogues = new DialogueIds(CHATML, tokenizer);
  const needs = { sources: () => findData(request, undefined), tokenizer, dialogues, plan, observer: quiet };
  await using data = await maskedData(new RunDirectory(file(run)), needs, new AbortController().signal);
  return await use(data.run);
}

/** An example as it was before its masks. */
const whole = (example: Example): number[] => {
  const labels = "labels" in example ? example.labels : [];
  return idsOf(example).map((id, i) => (labels[i] === IGNORED_LABEL ? id : (labels[i] as number)));
};

describeWithShared("maskedData", () => {
  writeFileSync(file("train.txt"), "the king is dead and the queen<|endoftext|>".repeat(40));
  writeFileSync(file("valid.txt"), "my lord is slain");

  it("cuts windows of documents with their special tokens, masked otherwise in each step", async () => {
    const tokenizer = await openTokenizer(shared("models/golden/bert-mlm"));
    const { ids } = tokenizer.encodeInput("the king is dead and the queen");
    const text = [...ids, ...ids, ...ids].join(" ");
    await withData("bert-mlm", "bert", async ({ batch }) => {
      const steps = await Promise.all(Array.from({ length: 8 }, (_, step) => batch(step)));
      for (const example of steps.flat()) {
        expect(idsOf(example).length).toBe(16);
        expect(text).toContain(whole(example).join(" "));
      }
      expect(await batch(3)).toEqual(steps[3]);
      const places = steps
        .flat()
        .map((example) => ("labels" in example ? example.labels : []).map((l) => l < 0));
      expect(new Set(places.map(String)).size).toBeGreaterThan(8);
    });
  });

  it("measures on the same masks every time, also on a text of less than a window", async () => {
    await withData("bert-mlm", "valid", async ({ validation }) => {
      const first = await collect(validation.sample());
      expect(first.flat().length).toBe(1);
      expect(await collect(validation.sample())).toEqual(first);
    });
  });

  it("refuses a tokenizer without a mask", async () => {
    const error = await rejectionOf(withData("t5", "t5", async () => {}));
    expect(error.message).toBe("--task fill-mask: the tokenizer of --init has no mask");
  });
});
