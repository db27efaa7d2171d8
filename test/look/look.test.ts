import { afterAll, beforeAll, expect, it } from "vitest";
import type { LanguageModel } from "../../src/library/language-model.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { look } from "../../src/look/look.ts";

const PROMPT = "Once upon a time";

let model: LanguageModel;
beforeAll(async () => {
  model = await loadModel(undefined, { threads: 1, quantization: "f32" });
});
afterAll(() => model.close());

it("has the views of a model and a text or ids, with shapes", async () => {
  const ids = model.tokenizer.encode(PROMPT);
  const seen = await look.attention(model, PROMPT);
  expect(seen.layers[0]?.weights.shape).toEqual([8, 4, 4]);
  expect(look.rollout(seen).shape).toEqual([6, 4, 4]);
  expect((await look.lens(model, ids, { top: 2 })).topIds.shape).toEqual([7, 4, 2]);
  const { loss } = await look.tokens(model, PROMPT);
  expect((await look.ablate(model, PROMPT)).loss).toBe(loss);
  const { token, sum, logit } = await look.why(model, PROMPT);
  expect(Math.abs(sum - logit)).toBeLessThan(1e-4);
  expect((await look.gradients(model, ids, { token })).saliency.shape).toEqual([4]);
  const { gap } = await look.integratedGradients(model, ids, { token }, { steps: 4 });
  expect(Number.isFinite(gap)).toBe(true);
  expect((await look.leaveOneOut(model, ids, { token }, 0)).removed.shape).toEqual([4]);
  expect((await look.headGradients(model, ids)).shape).toEqual([6, 8]);
  const [{ neuron } = { neuron: 0 }] = await look.strongestNeurons(model, ids, 2, 3, 1);
  expect((await look.neuron(model, ids, { layer: 2, neuron })).topPositions).toContain(3);
  const { restored } = await look.patch(model, "The cat sat", "The dog sat");
  expect(restored.shape).toEqual([7, 3]);
});

it("steers: a direction times 0 changes nothing, and a steered model is looked into", async () => {
  const direction = (await look.directions(model, "I was sad", "I was happy"))[4] as Float32Array;
  const steerings = [{ layer: 4, direction, coefficient: 1 }];
  const { scales, divergence, probabilities, ids } = await look.steer(model, PROMPT, steerings, { top: 3 });
  expect([...scales]).toEqual([0, 1]);
  expect(probabilities.shape).toEqual([2, ids.length]);
  expect(divergence.values[0]).toBe(0);
  expect(divergence.values[1]).toBeGreaterThan(0.01);
  await using steered = look.steered(model, steerings);
  expect((await look.tokens(steered, PROMPT)).loss).not.toBe((await look.tokens(model, PROMPT)).loss);
});

it("has the table of embeddings", async () => {
  const ids = ["king", "queen", "boy"].map((word) => model.tokenizer.encode(` ${word}`)[0] as number);
  const rows = await look.embeddings(model, ids);
  expect(rows.shape).toEqual([3, 256]);
  const near = await look.nearest(model, rows.values.subarray(0, 256), { top: 1 });
  expect(near[0]?.id).toBe(ids[0]);
  expect(await look.analogy(model, [ids[0] as number, ids[1] as number, ids[2] as number])).toHaveLength(256);
  expect(look.principalComponents(rows).coordinates.shape).toEqual([3, 2]);
  expect(look.umap(rows).shape).toEqual([3, 2]);
});

it("takes models that loadModel returns", () => {
  expect(() => look.tokens({ ...model } as LanguageModel, PROMPT)).toThrow("one that loadModel returns");
});
