import { afterAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { Model } from "../../src/engine/model.ts";
import type { Family } from "../../src/families/family.ts";
import { parseModel } from "../../src/families/parse.ts";
import { FAMILIES } from "../../src/families/registry.ts";
import type { JsonObject } from "../../src/files/json.ts";
import type { DecoderConfig } from "../../src/model/config.ts";
import { writeInitialModel } from "../../src/train/new-model/initial-model.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { madeUp } from "./made-up-family.ts";

/**
 * The line that a new family adds to the registry, until the end of this file: workers share modules between
 * files.
 */
const registry = FAMILIES as Family[];
registry.push(madeUp);
afterAll(() => {
  registry.pop();
});

const file = temporaryFolder();

/**
 * Small values by the names of keys; a family has some of them. f32, as GGUF keeps numbers, holds them
 * exactly.
 */
const SMALL: Readonly<Record<string, number>> = {
  nLayer: 2,
  nPositions: 40,
  nEmbd: 24,
  nInner: 40,
  vocabSize: 50,
  nHead: 6,
  nKvHead: 2,
  headDim: 8,
  nExperts: 6,
  nActive: 2,
  nExpertInner: 12,
  nSharedInner: 20,
  fullHeadDim: 4,
  inputWidth: 4,
  inputVocabulary: 50,
  normEpsilon: 2 ** -16,
  rotaryPart: 0.5,
  interval: 2,
  nMambaHead: 4,
  mambaHeadDim: 6,
  stateDim: 6,
  nLeading: 1,
  nGroups: 1,
  nChosenGroups: 1,
  queryRank: 10,
  rank: 12,
  rotated: 4,
  fixed: 6,
  latentValueDim: 5,
  nKeyHead: 2,
  nValueHead: 2,
  keyDim: 6,
  linearValueDim: 6,
  rotaryDims: 2,
  nDecoderLayer: 2,
  encoderLayers: 2,
  encoderHeads: 4,
  encoderInner: 32,
};

/** Fields of config.json with which GGUF can describe a model of the family, and all layers are equal. */
const NEEDED: Readonly<Record<string, JsonObject>> = {
  gemma3n_text: { num_kv_shared_layers: 0 },
  gemma4_text: { rope_theta: 1e6, rope_local_base_freq: 1e4 },
  qwen3_moe: { norm_topk_prob: true },
  glm4_moe: { first_k_dense_replace: 0 },
  glm4_moe_lite: { routed_scaling_factor: 1.5 },
};

/** Families whose models are those of others; a mistral without a window. */
const SAME_AS: Readonly<Record<string, string>> = {
  mistral: "llama",
  mt5: "t5",
  qwen2_vl: "qwen2",
  qwen2_vl_text: "qwen2",
  qwen2_5_vl: "qwen2",
  qwen2_5_vl_text: "qwen2",
  qwen3_vl_text: "qwen3",
  qwen3_vl_moe_text: "qwen3_moe",
};

/** Families that GGUF has no name for, and those whose files theirs are. */
const IN_GGUF: Readonly<Record<string, string>> = { glm4_moe_lite: "deepseek_v3", mt5: "t5", umt5: "umt5" };

/** Kinds of layers, where a family has no small number that decides them. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  granitemoehybrid: ["mamba", "attention"],
  lfm2: ["full_attention", "conv"],
};

/** A small config.json of a family, in its own words. */
function smallConfig({ name, keys, className, languageModel }: Family): JsonObject {
  const fields = Object.entries(keys).flatMap(([name, { json }]) =>
    typeof json === "string" && SMALL[name] !== undefined ? [[json, SMALL[name]] as const] : [],
  );
  return {
    model_type: name,
    architectures: [`${className}${languageModel}`],
    ...Object.fromEntries(fields),
    ...(KINDS[name] && { layer_types: KINDS[name] }),
    ...NEEDED[name],
    eos_token_id: 7,
    initializer_range: 0.3,
  };
}

async function read(path: string): Promise<{ config: DecoderConfig; logits: Float32Array }> {
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint);
  const model = await Model.load(checkpoint, description, { threads: 1, simd: "plain" });
  const session = model.createSession();
  if (description.config.encoder) await session.read([4, 5, 6]);
  const logits = await session.append([1, 2, 3, 49, 0], { every: true });
  await model.close();
  return { config: description.config, logits };
}

it("has each name, class and architecture once", () => {
  const names = FAMILIES.flatMap(({ name, className }) => [name, className]);
  const architectures = FAMILIES.flatMap(({ name, architecture, ggufMark }) =>
    architecture === undefined || IN_GGUF[name] !== undefined ? [] : [`${architecture} ${ggufMark}`],
  );
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(architectures).size).toBe(architectures.length);
});

/** Models that write text. Encoders have tests of their own. */
const WRITING = FAMILIES.filter(
  ({ languageModel, storesEncoder }) => languageModel !== "ForMaskedLM" && !storesEncoder,
);

describe.each(WRITING.map((family) => [family.name, family] as const))("%s", (name, family) => {
  const { architecture } = family;
  const sameAs = SAME_AS;
  const isWritten = sameAs[name] === undefined;
  const directory = file(name);
  const written = writeInitialModel(directory, smallConfig(family), 3);

  it("reads its sizes from config.json", async () => {
    await written;
    const { config } = await read(directory);
    expect(config).toMatchObject({ vocabSize: 50, nEmbd: 24 });
    if (family.keys.nPositions !== undefined) expect(config.nPositions).toBe(40);
    expect(config.family).toBe(sameAs[name] ?? name);
    expect(config.layers).toHaveLength(2);
    const kinds = new Set(config.layers.map((layer) => JSON.stringify(layer)));
    expect(new Set(config.layers).size).toBe(kinds.size);
  });

  const hasGguf = architecture !== undefined || !isWritten;
  it(
    hasGguf ? "is the same model as a GGUF file, and from that as a directory again" : "has no GGUF file",
    async () => {
      await written;
      const [gguf, again] = [file(`${name}.gguf`), file(`${name}-again`)];
      if (!hasGguf) {
        const error = await rejectionOf(quantizeModel(directory, gguf, "f32"));
        return expect(error.message).toContain(`GGUF has no architecture for ${name} models`);
      }
      const { config, logits } = await read(directory);
      const first = { config: { ...config, family: IN_GGUF[name] ?? config.family }, logits };
      await quantizeModel(directory, gguf, "f32");
      expect(await read(gguf)).toEqual(first);
      await quantizeModel(gguf, again, "f32");
      expect(await read(again)).toEqual(first);
    },
  );
});
