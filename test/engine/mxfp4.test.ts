import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { writeInitialModel } from "../../src/train/new-model/initial-model.ts";
import { writeSafetensors } from "../fixtures/directory-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { TensorsToWrite, TensorToWrite } from "../fixtures/tensors.ts";
import { TestRandom } from "../reference/random.ts";
import { expectSameBits } from "./bits.ts";
import { load, logitsOf } from "./golden/models.ts";

const folder = temporaryFolder();
const IDS = [5, 1, 9, 9, 30, 2, 17, 40, 3, 11, 12];
const EXPERTS = 4;
const CONFIG = {
  model_type: "gpt_oss",
  architectures: ["GptOssForCausalLM"],
  hidden_size: 64,
  head_dim: 16,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  num_hidden_layers: 2,
  intermediate_size: 32,
  num_local_experts: EXPERTS,
  num_experts_per_tok: 2,
  max_position_embeddings: 64,
  sliding_window: 4,
  vocab_size: 50,
  initializer_range: 0.3,
};
const MAGNITUDES = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

/** The experts of gpt-oss as they are published, and the same numbers as floats [inputs, outputs]. */
function experts(random: TestRandom, outputs: number, inputs: number) {
  const count = (EXPERTS * outputs * inputs) / 2;
  const blocks = Uint8Array.from({ length: count }, () => random.integer(256));
  const scales = Uint8Array.from({ length: count / 16 }, () => 122 + random.integer(3));
  const values = new Float32Array(2 * count);
  for (let i = 0; i < values.length; i++) {
    const bits = ((blocks[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
    const magnitude = (MAGNITUDES[bits & 7] ?? 0) * 2 ** ((scales[i >> 5] ?? 0) - 127);
    const [expert, output, input] = [
      Math.floor(i / (outputs * inputs)),
      Math.floor(i / inputs) % outputs,
      i % inputs,
    ];
    values[(expert * inputs + input) * outputs + output] = bits > 7 ? -magnitude : magnitude;
  }
  return {
    blocks: { dtype: "U8", shape: [EXPERTS, outputs, inputs / 32, 16], data: blocks },
    scales: { dtype: "U8", shape: [EXPERTS, outputs, inputs / 32], data: scales },
    floats: { dtype: "F32", shape: [EXPERTS, inputs, outputs], data: new Uint8Array(values.buffer) },
  } as const satisfies Record<string, TensorToWrite>;
}

async function writeModels(floats: string, blocks: string): Promise<void> {
  const drawn = folder("drawn");
  await writeInitialModel(drawn, CONFIG, 3);
  const reader = new TensorReader();
  const common: Record<string, TensorToWrite> = {};
  for (const tensor of (await openCheckpoint(drawn)).tensors.values()) {
    const data = new Uint8Array(tensor.byteLength);
    await reader.read(tensor, 0, data);
    if (!/experts\.\w+_proj$/.test(tensor.name))
      common[tensor.name] = { dtype: "F32", shape: tensor.shape, data };
  }
  await reader.close();
  const random = new TestRandom(1);
  const [asFloats, asBlocks]: [Record<string, TensorToWrite>, Record<string, TensorToWrite>] = [{}, {}];
  for (const layer of [0, 1]) {
    for (const [name, outputs, inputs] of [
      ["gate_up_proj", 64, 64],
      ["down_proj", 64, 32],
    ] as const) {
      const stored = `model.layers.${layer}.mlp.experts.${name}`;
      const own = experts(random, outputs, inputs);
      asFloats[stored] = own.floats;
      asBlocks[`${stored}_blocks`] = own.blocks;
      asBlocks[`${stored}_scales`] = own.scales;
    }
  }
  const write = (path: string, config: unknown, tensors: TensorsToWrite) => {
    mkdirSync(path);
    writeFileSync(join(path, "config.json"), JSON.stringify(config));
    writeSafetensors(join(path, "model.safetensors"), tensors);
  };
  write(floats, CONFIG, { ...common, ...asFloats });
  write(blocks, { ...CONFIG, quantization_config: { quant_method: "mxfp4" } }, { ...common, ...asBlocks });
}

async function logits(path: string, quantization?: "f32", chunk?: number): Promise<Float32Array> {
  const model = await load(path, { threads: 1, simd: "plain", quantization });
  const all = await logitsOf(model, IDS, chunk);
  await model.close();
  return all;
}

it("a directory of MXFP4 blocks holds the numbers of its floats, in other files too", async () => {
  const [floats, blocks] = [folder("floats"), folder("blocks")];
  await writeModels(floats, blocks);
  const expected = await logits(floats);
  expectSameBits(await logits(blocks, "f32"), expected, 50);

  const [gguf, directory] = [folder("floats.gguf"), folder("again")];
  await quantizeModel(blocks, gguf, "f32");
  expectSameBits(await logits(gguf), expected, 50);
  await quantizeModel(blocks, directory, "f32");
  expect(readFileSync(join(directory, "config.json"), "utf8")).not.toContain("mxfp4");
  expectSameBits(await logits(directory), expected, 50);

  const quantized = await logits(blocks);
  for (const chunk of [1, 4]) expectSameBits(await logits(blocks, undefined, chunk), quantized, 50);
  // The inputs of the product are rounded: logits are near, and a close choice of experts may turn out
  // otherwise.
  const errors = quantized.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))).toSorted();
  expect(errors[errors.length >> 1]).toBeLessThan(0.05);
  expect(errors.every(Number.isFinite)).toBe(true);
});
