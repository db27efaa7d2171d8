/** Adapters of the matrices of experts: as parameters of all experts, and as a layer of each. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { mergeAdapters } from "../../../src/convert/merge-adapters.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import type { ChosenWeights } from "../../../src/train/trained-weights.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { readTensors } from "../tensors.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);
const ids = [3, 1, 4, 1, 5, 9, 2, 6];
const PARAMETERS = ["experts.gate_up_proj", "experts.down_proj"];

const trainerOf = (
  model: string,
  targets: readonly string[],
  lora: Partial<Extract<ChosenWeights, { kind: "adapter" }>> = {},
) =>
  createTrainer({
    ...{ model, threads: 1, steps: 20, lr: 1e-2, minLr: 1e-2, weightDecay: 0 },
    trained: { kind: "adapter", rank: 3, alpha: 6, targets, ...lora },
  });

const differenceOf = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? Number.NaN))), 0);

const CASES: readonly (readonly [string, readonly string[], tensor: string])[] = [
  ["qwen3_moe", PARAMETERS, "model.layers.0.mlp.experts.base_layer.lora_A.weight"],
  ["qwen3_moe", ["q_proj", "experts.down_proj"], "model.layers.0.mlp.experts.lora_B.weight"],
  ["mixtral", ["w1", "w2", "w3"], "model.layers.0.block_sparse_moe.experts.3.w3.lora_B.weight"],
  ["gpt_oss", PARAMETERS, "model.layers.0.mlp.experts.lora_A.weight"],
  ["llama4", PARAMETERS, "model.layers.0.feed_forward.experts.base_layer.lora_B.weight"],
  ["granitemoehybrid-moe", PARAMETERS, "model.layers.0.block_sparse_moe.experts.lora_A.weight"],
];

describeWithShared("adapters of experts", () => {
  it.each(CASES)("of %s with %s learn, resume bit for bit, and merge", async (name, targets, tensor) => {
    await using trainer = await trainerOf(golden(name), targets);
    const { loss: before } = await trainer.step([ids]);
    await trainer.step([ids]);
    const [half, merged] = [file(`${name}-${targets}`), file(`${name}-${targets}-merged`)];
    await trainer.save(half);
    expect([...(await readTensors(half, "adapter_model.safetensors")).keys()]).toContain(
      `base_model.model.${tensor}`,
    );
    const session = trainer.createSession();
    const logits = await session.append(ids);
    await session.close();
    const { loss } = await trainer.step([ids]);
    expect(loss).toBeLessThan(before - 0.1);
    await using resumed = await createTrainer({ model: half, resume: true, threads: 1 });
    expect((await resumed.step([ids])).loss).toBe(loss);
    const ways = [
      await loadModel(golden(name), { adapters: [{ path: half }], threads: 1 }),
      await mergeAdapters(golden(name), [{ path: half }], merged).then(() =>
        loadModel(merged, { threads: 1 }),
      ),
    ];
    for (const model of ways) {
      expect(differenceOf(await model.createSession().append(ids), logits)).toBeLessThan(5e-5);
      await model.close();
    }
  });

  it("keep quantized experts as they are: the numbers are those of the same weights in f32", async () => {
    const path = file("glm.gguf");
    await quantizeModel(golden("glm4_moe"), path, "q8_0", { threads: 1 });
    const lossesOf = async (quantization?: "f32") => {
      await using trainer = await trainerOf(path, PARAMETERS, { quantization });
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) losses.push((await trainer.step([ids])).loss);
      return losses;
    };
    const losses = await lossesOf();
    expect(await lossesOf("f32")).toEqual(losses);
    expect(losses[2]).toBeLessThan((losses[0] ?? 0) - 0.1);
  });

  it("refuses magnitudes, dropout of parameters, and names the targets", async () => {
    const problem = async (targets: readonly string[], lora = {}) =>
      (await rejectionOf(trainerOf(golden("qwen3_moe"), targets, lora))).message;
    expect(await problem(PARAMETERS, { dora: true })).toBe(
      "lora dora: matrices of experts have no magnitudes: leave it out",
    );
    expect(await problem(PARAMETERS, { dropout: 0.1 })).toBe(
      "lora dropout: PEFT drops no inputs of parameters of experts: leave it out",
    );
    expect(await problem(["gate_up_proj"])).toMatch(
      /experts.gate_up_proj, experts.down_proj, or all-linear$/,
    );
  });

  const fixtures = `${import.meta.dirname}/../../fixtures/peft-experts`;
  const peft: { logits: Record<string, number[]>; ids: number[] } = JSON.parse(
    readFileSync(`${fixtures}/expected.json`, "utf8"),
  );

  it.each(Object.entries(peft.logits))("made by PEFT 0.21 for %s give its logits", async (name, expected) => {
    const adapters = [{ path: `${fixtures}/${name}` }];
    await using model = await loadModel(golden(name), { adapters, threads: 1 });
    expect(differenceOf(expected, await model.createSession().append(peft.ids))).toBeLessThan(5e-5);
  });
});
