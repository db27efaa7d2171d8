import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { parseModel } from "../../src/families/parse.ts";
import { type ResolvedWeight, resolveWeights } from "../../src/weights/resolve.ts";
import { writeModelDirectory } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { TensorsToWrite } from "../fixtures/tensors.ts";

const folder = temporaryFolder();
const config = {
  hidden_size: 8,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  num_hidden_layers: 1,
  intermediate_size: 6,
  num_local_experts: 2,
  num_experts_per_tok: 1,
  vocab_size: 11,
};
const common: TensorsToWrite = {
  "model.embed_tokens.weight": { shape: [11, 8] },
  "model.layers.0.input_layernorm.weight": { shape: [8] },
  "model.layers.0.self_attn.q_proj.weight": { shape: [8, 8] },
  "model.layers.0.self_attn.k_proj.weight": { shape: [8, 8] },
  "model.layers.0.self_attn.v_proj.weight": { shape: [8, 8] },
  "model.layers.0.self_attn.o_proj.weight": { shape: [8, 8] },
  "model.layers.0.post_attention_layernorm.weight": { shape: [8] },
  "model.norm.weight": { shape: [8] },
  "lm_head.weight": { shape: [11, 8] },
};

async function resolve(name: string, own: object, tensors: TensorsToWrite): Promise<ResolvedWeight[]> {
  const directory = writeModelDirectory(folder(name), { ...config, ...own }, { ...common, ...tensors });
  const checkpoint = await openCheckpoint(directory);
  return resolveWeights(checkpoint, await parseModel(checkpoint));
}

const moe = "model.layers.0.block_sparse_moe";
const oneByOne = (second: "F32" | "BF16"): TensorsToWrite => ({
  [`${moe}.gate.weight`]: { shape: [2, 8] },
  [`${moe}.experts.0.w1.weight`]: { shape: [6, 8] },
  [`${moe}.experts.0.w2.weight`]: { shape: [8, 6] },
  [`${moe}.experts.0.w3.weight`]: { shape: [6, 8] },
  [`${moe}.experts.1.w1.weight`]: { shape: [6, 8] },
  [`${moe}.experts.1.w2.weight`]: { dtype: second, shape: [8, 6] },
  [`${moe}.experts.1.w3.weight`]: { shape: [6, 8] },
});

it("finds the tensors of each expert, and refuses experts of different types", async () => {
  const weights = await resolve("mixtral", { model_type: "mixtral" }, oneByOne("F32"));
  const found = weights.find(({ spec }) => spec.name === "blocks.0.mlp.experts.up.1.weight");
  expect(found?.parts.map(({ stored }) => stored.name)).toEqual([
    `${moe}.experts.1.w1.weight`,
    `${moe}.experts.1.w3.weight`,
  ]);
  const error = await rejectionOf(resolve("mixed", { model_type: "mixtral" }, oneByOne("BF16")));
  expect(error.message).toContain(
    `"${moe}.experts.1.w2.weight" is BF16, but those of the experts before it are F32`,
  );
});

const oss = "model.layers.0.mlp";
const stacked = (experts: number): TensorsToWrite => ({
  "model.layers.0.self_attn.q_proj.bias": { shape: [8] },
  "model.layers.0.self_attn.k_proj.bias": { shape: [8] },
  "model.layers.0.self_attn.v_proj.bias": { shape: [8] },
  "model.layers.0.self_attn.o_proj.bias": { shape: [8] },
  "model.layers.0.self_attn.sinks": { shape: [2] },
  [`${oss}.router.weight`]: { shape: [2, 8] },
  [`${oss}.router.bias`]: { shape: [2] },
  [`${oss}.experts.gate_up_proj`]: { shape: [experts, 8, 12] },
  [`${oss}.experts.gate_up_proj_bias`]: { shape: [2, 12] },
  [`${oss}.experts.down_proj`]: { shape: [2, 6, 8] },
  [`${oss}.experts.down_proj_bias`]: { shape: [2, 8] },
});

it("an expert of a stack is a part of its tensor, whose shape is checked as a whole", async () => {
  const own = { model_type: "gpt_oss", head_dim: 4, sliding_window: 4, max_position_embeddings: 32 };
  const weights = await resolve("gpt_oss", own, stacked(2));
  const parts = weights.flatMap(({ spec, parts }) => (spec.module.endsWith("experts.up") ? parts : []));
  const places = parts.map(({ stored: { name, shape, offset, byteLength } }) => ({
    name,
    shape,
    offset,
    byteLength,
  }));
  const [weight, bias, second] = places;
  expect(weight).toMatchObject({ name: `${oss}.experts.gate_up_proj`, shape: [8, 12], byteLength: 384 });
  expect(bias).toMatchObject({ name: `${oss}.experts.gate_up_proj_bias`, shape: [12], byteLength: 48 });
  expect(second?.offset).toBe((weight?.offset ?? 0) + 384);
  const error = await rejectionOf(resolve("stack", own, stacked(3)));
  expect(error.message).toContain(`has shape [3,8,12], but the config asks for [2,8,12]`);
});

it.each([
  [{ num_experts_per_tok: 3 }, "num_experts_per_tok is 3, expected at most the number of experts, 2"],
  [
    { num_local_experts: 8192, num_hidden_layers: 2048 },
    "num_local_experts is 8192, expected at most 262144",
  ],
])("refuses %j before any weight is listed", async (own, message) => {
  const name = JSON.stringify(own).replaceAll(/\W/g, "");
  const error = await rejectionOf(resolve(name, { model_type: "mixtral", ...own }, oneByOne("F32")));
  expect(error.message).toContain(message);
});
