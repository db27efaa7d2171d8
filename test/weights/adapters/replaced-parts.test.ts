import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { mergeAdapters } from "../../../src/convert/merge-adapters.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { writeSafetensors } from "../../fixtures/directory-writer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { tensorsIn } from "../../fixtures/pytorch.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import type { TensorsToWrite } from "../../fixtures/tensors.ts";
import type { UniformConfig } from "../../fixtures/uniform.ts";
import { TestRandom } from "../../reference/random.ts";
import { configJson } from "./write-adapter.ts";

const file = temporaryFolder();
const ids = [3, 1, 4, 1, 5];
const tiedLlama: UniformConfig = { ...llama, tiedHead: true };

async function logitsOf(model: string, adapters: readonly string[] = []) {
  const options = { adapters: adapters.map((path) => ({ path })), threads: 1, simd: "plain" } as const;
  await using loaded = await loadModel(model, options);
  return loaded.createSession().append(ids, { every: true });
}

function random(shape: readonly number[], seed: number): TensorsToWrite[string] {
  const [rows = 1, columns = 1] = shape;
  return { shape, data: new TestRandom(seed).matrix(rows, columns).flat() };
}

/** An adapter that holds these tensors, by their names in the model. */
function writeWhole(path: string, tensors: TensorsToWrite, modules: readonly string[] | null): string {
  mkdirSync(path, { recursive: true });
  const named = Object.entries(tensors).map(([name, tensor]) => [`base_model.model.${name}`, tensor]);
  writeSafetensors(`${path}/adapter_model.safetensors`, Object.fromEntries(named));
  const config = { ...configJson, target_modules: "all-linear", modules_to_save: modules };
  writeFileSync(`${path}/adapter_config.json`, JSON.stringify(config));
  return path;
}

/** A model with other tensors in the place of its own, and more. */
function writeWith(
  path: string,
  base: string,
  tensors: TensorsToWrite,
  fields: Record<string, unknown>,
): string {
  mkdirSync(path, { recursive: true });
  const config = JSON.parse(readFileSync(`${base}/config.json`, "utf8"));
  writeFileSync(`${path}/config.json`, JSON.stringify({ ...config, ...fields }));
  const own = tensorsIn(`${base}/model.safetensors`).map(({ name, bytes, ...rest }) => [
    name,
    { ...rest, data: bytes },
  ]);
  writeSafetensors(`${path}/model.safetensors`, { ...Object.fromEntries(own), ...tensors });
  return path;
}

beforeAll(() => {
  writeRandomDirectory(file("llama"), llama);
  writeRandomDirectory(file("tied"), tiedLlama);
  writeRandomDirectory(file("gpt2"), gpt2);
});

const { vocabSize, nEmbd } = llama;
const head = { "lm_head.weight": random([vocabSize, nEmbd], 1) };
const embedding = { "model.embed_tokens.weight": random([vocabSize, nEmbd], 2) };
const norm = { "model.norm.weight": random([nEmbd], 3) };
const values = {
  "model.layers.1.self_attn.v_proj.weight": random([llama.nKvHead * llama.headDim, nEmbd], 4),
};

describe("weights that an adapter holds whole", () => {
  it.each<[string, TensorsToWrite, string[]]>([
    ["the head", head, ["lm_head"]],
    ["the embedding", embedding, ["embed_tokens"]],
    ["both", { ...head, ...embedding }, ["embed_tokens", "lm_head", "classifier", "score"]],
    ["a norm and a part of a matrix", { ...norm, ...values }, ["norm", "v_proj"]],
  ])("replace the model's: %s", async (name, tensors, modules) => {
    const adapter = writeWhole(file(`whole ${name}`), tensors, modules);
    const expected = await logitsOf(writeWith(file(`with ${name}`), file("llama"), tensors, {}));
    expect(await logitsOf(file("llama"), [adapter])).toEqual(expected);
    await quantizeModel(file("llama"), file(`${name}.gguf`), "f32");
    expect(await logitsOf(file(`${name}.gguf`), [adapter])).toEqual(expected);
    await mergeAdapters(file("llama"), [{ path: adapter }], file(`merged ${name}`));
    expect(await logitsOf(file(`merged ${name}`))).toEqual(expected);
  });

  it.each<[string, TensorsToWrite]>([
    ["the head", head],
    ["the embedding", embedding],
    ["both", { ...head, ...embedding }],
  ])("make the head of a tied model a matrix of its own: %s", async (name, tensors) => {
    const tied = tensorsIn(`${file("tied")}/model.safetensors`).find((tensor) =>
      tensor.name.includes("embed_tokens"),
    );
    if (tied === undefined) throw new Error("no embedding");
    const { bytes, shape, dtype } = tied;
    const all = { "lm_head.weight": { shape, dtype, data: bytes }, ...tensors };
    const expected = await logitsOf(
      writeWith(file(`untied ${name}`), file("tied"), all, { tie_word_embeddings: false }),
    );
    const adapter = writeWhole(file(`tied ${name}`), tensors, null);
    expect(await logitsOf(file("tied"), [adapter])).toEqual(expected);
    await quantizeModel(file("tied"), file(`tied ${name}.gguf`), "f32");
    expect(await logitsOf(file(`tied ${name}.gguf`), [adapter])).toEqual(expected);
    await mergeAdapters(file("tied"), [{ path: adapter }], file(`merged tied ${name}`));
    expect(await logitsOf(file(`merged tied ${name}`))).toEqual(expected);
  });

  it("may be those of a model without its head, and stored as Conv1D", async () => {
    const tensors = { "transformer.h.0.attn.c_attn.weight": random([gpt2.nEmbd, 3 * gpt2.nEmbd], 5) };
    const bias = { "transformer.h.1.mlp.c_fc.bias": random([gpt2.nInner], 6) };
    const all = { ...tensors, ...bias };
    const bare = Object.fromEntries(
      Object.entries(all).map(([name, tensor]) => [name.replace("transformer.", ""), tensor]),
    );
    const expected = await logitsOf(writeWith(file("gpt2 with"), file("gpt2"), bare, {}));
    for (const whole of [all, bare]) {
      expect(await logitsOf(file("gpt2"), [writeWhole(file("gpt2 adapter"), whole, ["c_attn"])])).toEqual(
        expected,
      );
    }
  });

  it.each<[string, TensorsToWrite, string]>([
    [
      "another vocabulary",
      { "lm_head.weight": random([vocabSize + 1, nEmbd], 7) },
      "has shape [132,60], but the config asks for",
    ],
    [
      "a module that the model has not",
      { "score.weight": random([2, nEmbd], 8) },
      "and no weight of the model",
    ],
  ])("are refused for %s", async (_, tensors, message) => {
    const adapter = writeWhole(file("bad"), tensors, null);
    const error = await rejectionOf(logitsOf(file("llama"), [adapter]));
    expect([error.code, error.message]).toEqual(["invalid-file", expect.stringContaining(message)]);
  });

  it("take no scale", async () => {
    const path = writeWhole(file("scaled"), head, ["lm_head"]);
    const error = await rejectionOf(loadModel(file("llama"), { adapters: [{ path, scale: 0.5 }] }));
    expect([error.code, error.message]).toEqual([
      "usage",
      expect.stringContaining("leave out the scale 0.5"),
    ]);
  });
});
