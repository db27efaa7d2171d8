import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { TensorReader } from "../../../src/checkpoint/reader.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { writeInitialModel } from "../../../src/train/new-model/initial-model.ts";
import { writeModelDirectory } from "../../fixtures/directory-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import type { TensorsToWrite } from "../../fixtures/tensors.ts";
import { configJson, writeAdapter } from "./write-adapter.ts";

const file = temporaryFolder();

const sizes = { vocab_size: 30, initializer_range: 0.3 };
const neox = { model_type: "gpt_neox", hidden_size: 24, num_hidden_layers: 1, num_attention_heads: 3 };
const gptj = { model_type: "gptj", n_embd: 24, n_layer: 1, n_head: 3, rotary_dim: 4 };

async function storedTensors(
  path: string,
): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  await using reader = new TensorReader();
  const found = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const tensor of (await openCheckpoint(path)).tensors.values()) {
    const data = new Float32Array(tensor.byteLength / 4);
    await reader.read(tensor, 0, new Uint8Array(data.buffer));
    found.set(tensor.name, { shape: tensor.shape, data });
  }
  return found;
}

async function logitsOf(path: string, adapter?: string): Promise<Float32Array> {
  await using model = await loadModel(path, {
    threads: 1,
    ...(adapter !== undefined && { adapters: [{ path: adapter }] }),
  });
  return model.createSession().append([3, 1, 4, 1, 5, 9, 2, 6], { every: true });
}

it.each([
  [
    "the fused rows of GPT-NeoX",
    { ...sizes, ...neox, intermediate_size: 32, max_position_embeddings: 16, rotary_pct: 0.5 },
    "gpt_neox.layers.0.attention.query_key_value",
    [72, 24],
  ],
  [
    "the rotary pairs of GPT-J",
    { ...sizes, ...gptj, n_positions: 16 },
    "transformer.h.0.attn.q_proj",
    [24, 24],
  ],
] as const)("an adapter has the order of %s", async (_, config, layer, shape) => {
  const [base, adapter, merged] = [file("base"), file("adapter"), file("merged")];
  await writeInitialModel(base, config, 5);
  const matrices = writeAdapter(adapter, { [layer]: shape });
  const { a = [], b = [] } = matrices.get(layer) ?? {};
  const tensors = await storedTensors(base);
  const scale = configJson.lora_alpha / configJson.r;
  const weight = tensors.get(`${layer}.weight`)?.data ?? new Float32Array();
  for (const [i, row] of b.entries()) {
    for (let j = 0; j < shape[1]; j++) {
      const change = row.reduce((sum, value, k) => sum + value * (a[k]?.[j] ?? 0), 0);
      weight[i * shape[1] + j] = (weight[i * shape[1] + j] ?? 0) + scale * change;
    }
  }
  writeModelDirectory(merged, config, Object.fromEntries(tensors) as TensorsToWrite);
  const [without, changed, expected] = [
    await logitsOf(base),
    await logitsOf(base, adapter),
    await logitsOf(merged),
  ];
  const difference = (x: Float32Array) =>
    Math.max(...x.map((v, i) => Math.abs(v - (expected[i] ?? Number.NaN))));
  expect(difference(without)).toBeGreaterThan(0.1);
  expect(difference(changed)).toBeLessThan(1e-4);
});
