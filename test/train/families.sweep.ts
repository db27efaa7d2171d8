import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { mergeAdapters } from "../../src/convert/merge-adapters.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { gatherFacts } from "../../src/library/facts/model-facts.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { gradientDifferences } from "./golden-gradient.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);

const NO_DECODERS = /^(alignment|look|training|bart|t5.*|.*bert.*)$/;

const ids = [5, 9, 17, 3, 30, 11, 2, 8];
const settings = { threads: 1, steps: 10, schedule: "constant", weightDecay: 0 } as const;

/** Mean loss of the ids, as a loaded model gives them. */
async function lossOf(path: string): Promise<number> {
  const checkpoint = await openCheckpoint(path);
  const model = await Model.load(checkpoint, await parseModel(checkpoint), { threads: 1 });
  const session = model.createSession();
  let loss = 0;
  for (const [i, id] of ids.slice(1).entries()) {
    const logits = await session.append([ids[i] as number]);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    loss += (Math.log(total) - (logits[id] as number)) / (ids.length - 1);
  }
  await model.close();
  return loss;
}

/** GGUF has no architecture for them. */
const WITHOUT_GGUF = ["falcon-rw", "gptj", "llama4", "openai-gpt", "opt", "opt-350m", "phimoe"];

/** The rounding of Q8_0 grows through the states of its random layers. */
const IN_HALVES = ["qwen3_5"];

/** The model in Q8_0; as it is if GGUF cannot say what it is, which the error tells. */
async function quantizedLike(name: string, model: string, output: string): Promise<string> {
  const isUnknown = WITHOUT_GGUF.includes(name);
  const result = quantizeModel(model, output, IN_HALVES.includes(name) ? "f16" : "q8_0");
  if (!isUnknown) {
    await result;
    return output;
  }
  expect((await rejectionOf(result)).message).toContain("GGUF has no architecture for");
  return model;
}

describeWithShared("families in training", () => {
  const families = readdirSync(golden("")).filter((name) => !NO_DECODERS.test(name));

  it.each(families)(
    "%s learns with all weights and with an adapter, which is merged, quantized and inspected",
    async (name) => {
      const model = golden(name);
      const sequences = [{ inputs: ids.slice(0, -1), targets: ids.slice(1) }];
      // The few logits that the sparse mixer compares change with steps as small as these.
      const chosen = (weight: string) =>
        !(name === "phimoe" && weight.includes("router")) &&
        /blocks\.1\.|attention\.(qkv|query_norm)|router\.|shared|sinks/.test(weight);
      for (const { name: weight, error } of await gradientDifferences(model, sequences, chosen)) {
        expect(error, weight).toBeLessThan(0.03);
      }
      await using full = await createTrainer({ model, ...settings, lr: 1e-3 });
      const { loss } = await full.evaluate([ids]);
      await full.step([ids]);
      expect((await full.evaluate([ids])).loss).toBeLessThan(loss);
      await full.save(file(`${name}-full`));

      await using lora = await createTrainer({
        model,
        ...settings,
        lr: 1e-2,
        trained: { kind: "adapter", rank: 2 },
      });
      await lora.step([ids]);
      const adapted = await lora.evaluate([ids]);
      expect(adapted.loss).toBeLessThan(loss);
      await lora.save(file(name));
      await mergeAdapters(model, [{ path: file(name) }], file(`${name}-merged`));
      await using merged = await createTrainer({ model: file(`${name}-merged`), ...settings });
      expect((await merged.evaluate([ids])).loss).toBeCloseTo(adapted.loss, 4);

      const quantized = await quantizedLike(name, file(`${name}-merged`), file(`${name}.gguf`));
      expect(Math.abs((await lossOf(quantized)) - adapted.loss)).toBeLessThan(0.2);
      expect((await gatherFacts(await openCheckpoint(quantized))).problem).toBeNull();
    },
  );
});
