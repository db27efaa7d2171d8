/**
 * Llama 4 (Meta 2025), its text part: layers that rotate see their chunk only, every fourth layer does not
 * rotate and sees all, and the weight of an expert multiplies its input.
 */

import type { AttentionConfig, DecoderConfig } from "../../model/config.ts";
import { attentionsOf } from "../../model/mixers.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, firstAttention, flag, key, positive } from "../keys.ts";
import { DENSE_INNER, EXPERT_INNER, EXPERT_KEYS, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_ROUTING, sharedExperts, withExperts } from "../layers/experts.ts";
import { ggufLacksRotatedLayers, ROTATED_LAYERS, rotatedLayersOf } from "../layers/rotated-layers.ts";
import { withAttention } from "../layers/uniform.ts";
import { llama } from "./llama.ts";

/** llama.cpp has no keys for these numbers. */
const CHUNK = 8192;
const FLOOR_SCALE = 8192;
const QUERY_SCALE = 0.1;
const TURNED = { layout: "conv1d", bare: true, adaptersTurn: true } as const;

/** Models with as many experts do not norm queries and keys. */
const EXPERTS_WITHOUT_NORM = 128;

const scaled = (config: DecoderConfig) =>
  attentionsOf(config).find(({ queryScale }) => queryScale)?.queryScale;

const chunked = (config: DecoderConfig): number | undefined => {
  const masks = attentionsOf(config).map(({ mask }) => mask);
  const mask = masks.find(({ kind }) => kind === "chunk");
  return mask?.kind === "chunk" ? mask.size : undefined;
};

const normsHeads = (config: DecoderConfig): boolean =>
  attentionsOf(config).some(({ qkNorm }) => qkNorm.kind !== "none");

export const llama4 = defineFamily({
  name: "llama4_text",
  className: "Llama4",
  languageModel: "ForCausalLM",
  architecture: "llama4",
  keys: {
    ...BLOCK_KEYS,
    ...EXPERT_KEYS,
    nInner: key({ ...DENSE_INNER, json: "intermediate_size_mlp" }),
    nExpertInner: key({ ...EXPERT_INNER, json: "intermediate_size" }),
    /** A mixture is in each layer whose number, from 1, is a multiple. */
    mixtureStep: key({
      json: "interleave_moe_layer_step",
      gguf: "interleave_moe_layer_step",
      kind: count(LIMITS.layers),
      of: ({ layers }) => layers.findIndex(({ mlp }) => mlp.kind === "experts") + 1,
    }),
    attentionBias: key({ ...BIAS_KEYS.outputBias, of: (config) => firstAttention(config).outputBias }),
    rotatedLayers: ROTATED_LAYERS,
    chunk: key({
      json: "attention_chunk_size",
      gguf: () => CHUNK,
      kind: count(LIMITS.positions),
      of: chunked,
    }),
    scalesQueries: key({
      json: ({ fields }) => fields.value("attn_temperature_tuning") !== false,
      gguf: () => true,
      kind: flag,
      of: () => undefined,
    }),
    floorScale: key({
      json: "floor_scale",
      gguf: () => FLOOR_SCALE,
      kind: count(LIMITS.positions),
      of: (config) => scaled(config)?.interval,
    }),
    queryScale: key({
      json: "attn_scale",
      gguf: () => QUERY_SCALE,
      kind: positive,
      of: (config) => scaled(config)?.beta,
    }),
    normsHeads: key({
      json: "use_qk_norm",
      gguf: ({ fields }) => !fields.is("expert_count", EXPERTS_WITHOUT_NORM),
      kind: flag,
      of: normsHeads,
    }),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 202048,
    nLayer: 48,
    nEmbd: 5120,
    nHead: 40,
    nKvHead: 8,
    headDim: 128,
    nInner: 16384,
    nExpertInner: 8192,
    nPositions: 131072,
    normEpsilon: 1e-5,
    nExperts: 16,
    nActive: 1,
    mixtureStep: 1,
    chunk: CHUNK,
    floorScale: FLOOR_SCALE,
    queryScale: QUERY_SCALE,
    normsHeads: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention.qkv": [
        { module: "layers.*.self_attn.q_proj", pairs: "interleaved" },
        { module: "layers.*.self_attn.k_proj", pairs: "interleaved" },
        "layers.*.self_attn.v_proj",
      ],
      "blocks.*.mlp.up": ["layers.*.feed_forward.gate_proj", "layers.*.feed_forward.up_proj"],
      "blocks.*.mlp.down": ["layers.*.feed_forward.down_proj"],
      "blocks.*.mlp.router": ["layers.*.feed_forward.router"],
      "blocks.*.mlp.experts.up": [{ module: "layers.*.feed_forward.experts.gate_up_proj", ...TURNED }],
      "blocks.*.mlp.experts.down": [{ module: "layers.*.feed_forward.experts.down_proj", ...TURNED }],
      "blocks.*.mlp.shared.up": [
        "layers.*.feed_forward.shared_expert.gate_proj",
        "layers.*.feed_forward.shared_expert.up_proj",
      ],
      "blocks.*.mlp.shared.down": ["layers.*.feed_forward.shared_expert.down_proj"],
    },
    gguf: { ...llama.tensors.gguf, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const { activation, attentionBias, normEpsilon } = values;
    const decoder = llamaDecoder(values, stored, {
      family: "llama4_text",
      theta: 500_000,
      qkvBias: attentionBias,
      outputBias: attentionBias,
      mlpBias: false,
    });
    const rotated = rotatedLayersOf(values.rotatedLayers, values.nLayer, stored);
    const types = stored.fields.list("layer_types");
    if (types.some((type, i) => (type === "chunked_attention") !== (rotated[i] === 1))) {
      throw stored.fields.wrong("layer_types", "expected chunked_attention in the layers that rotate");
    }
    const mixed = withAttention(
      decoder,
      rotated,
      (attention, isRotated): AttentionConfig =>
        isRotated === 1
          ? {
              ...attention,
              mask: { kind: "chunk", size: values.chunk },
              ...(values.normsHeads && {
                qkNorm: {
                  kind: "head",
                  norm: { kind: "rmsnorm", epsilon: normEpsilon, bias: false, unweighted: true },
                  afterRotation: true,
                },
              }),
            }
          : {
              ...attention,
              position: { kind: "none" },
              ...(values.scalesQueries && {
                queryScale: { beta: values.queryScale, interval: values.floorScale, offset: 1 },
              }),
            },
    );
    const expert = { nInner: values.nExpertInner, activation, gated: true, bias: false };
    const mixture = {
      ...expert,
      routing: { ...SOFTMAX_ROUTING, scores: "sigmoid", weighs: "input" } as const,
      ...sharedExperts(1, expert),
    };
    const listed = stored.format === "huggingface" ? stored.fields.list("moe_layers") : [];
    const isMixture = (layer: number) =>
      listed.length > 0 ? listed.includes(layer) : (layer + 1) % values.mixtureStep === 0;
    return withExperts(mixed, values, stored, mixture, isMixture);
  },
  ggufLacks(config) {
    const scale = scaled(config);
    if (chunked(config) !== CHUNK) return `llama4 models with another chunk than ${CHUNK}`;
    const seesAll = attentionsOf(config).some(({ position }) => position.kind === "none");
    if (seesAll && (scale?.beta !== QUERY_SCALE || scale.interval !== FLOOR_SCALE))
      return "llama4 models with other factors of their queries";
    if (normsHeads(config) !== (mixtureIn(config)?.count !== EXPERTS_WITHOUT_NORM)) {
      return "llama4 models of this size that norm their heads otherwise";
    }
    return ggufLacksRotatedLayers(config);
  },
});
