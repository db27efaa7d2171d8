/**
 * Gemma 3n (Gemma Team 2025): parallel residual streams, layers of low rank beside attention, gates of which
 * most are zero, keys and values that layers share, and vectors of tokens for each layer.
 */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import { normalProbability, normalQuantile } from "../../model/normal-distribution.ts";
import { GEMMA_KEYS, gemmaDecoder, LOGIT_CAP, softCap } from "../blocks/gemma.ts";
import { LLAMA_NAMES, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { count, flag, ggufOnly, type Kind, key, type ValuesOf } from "../keys.ts";
import { byLayer, countByLayer, eachLayer } from "../layers/by-layer.ts";
import {
  GGUF_INPUT_NAMES,
  INPUT_KEYS,
  INPUT_NAMES,
  keysOfLayers,
  layerInputsOf,
  SHARED_LAYERS,
  withSharedKeys,
} from "../layers/layer-inputs.ts";
import { maskOf, SLIDING_WINDOW, slidingLayers, slidingLayersKey } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";
import { shortest } from "../shortest.ts";
import type { StoredConfig } from "../stored-config.ts";

/** Shares of gates that are zero, by layer. GGUF has the standard deviations that zero them. */
const sparsities: Kind<readonly number[]> = {
  read({ fields, format }, name) {
    const isGguf = format === "gguf";
    const isKnown = (n: unknown): n is number =>
      typeof n === "number" && (isGguf ? !Number.isNaN(n) : n >= 0 && n < 1);
    const list = fields.list(name);
    if (!list.every(isKnown)) throw fields.wrong(name, "expected numbers from 0 to 1");
    return isGguf ? list.map(shareOf) : list;
  },
  json: (shares) => [...shares],
  gguf: (shares) =>
    ggufValue.float32s(shares.map((share) => (share > 0 ? normalQuantile(share) : -Infinity))),
};

/** The shortest number whose standard deviations are these in 32 bits. */
const shareOf = (deviations: number): number =>
  Number.isFinite(deviations)
    ? shortest(deviations, (share) => Math.fround(normalQuantile(share)), normalProbability)
    : 0;

const KEYS = {
  ...GEMMA_KEYS,
  ...INPUT_KEYS,
  mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
  window: SLIDING_WINDOW,
  slidingLayers: slidingLayersKey(5),
  nShared: SHARED_LAYERS,
  nInner: key({
    json: "intermediate_size",
    gguf: "feed_forward_length",
    kind: countByLayer(LIMITS.width),
    of: ({ layers }) => byLayer(layers.map(({ mlp }) => mlp.nInner)),
  }),
  sparsities: key({
    json: "activation_sparsity_pattern",
    gguf: "activation_sparsity_scale",
    kind: sparsities,
    of: ({ layers }) => layers.map(({ mlp }) => mlp.sparsity ?? 0),
  }),
  nStreams: key({
    json: "altup_num_inputs",
    gguf: "altup.num_inputs",
    kind: count(64),
    of: ({ streams }) => streams?.count,
  }),
  activeStream: key({
    json: "altup_active_idx",
    gguf: "altup.active_idx",
    kind: count(63, 0),
    of: ({ streams }) => streams?.active,
  }),
  scalesStream: key({
    json: "altup_correct_scale",
    gguf: ({ tensors }) => tensors.has("blk.0.altup_correct_scale.weight"),
    kind: flag,
    of: ({ streams }) => streams?.scaled,
  }),
  rank: key({
    json: "laurel_rank",
    gguf: ({ tensors }) => tensors.get("blk.0.laurel_l.weight")?.shape[0] ?? 64,
    kind: count(LIMITS.width),
    of: ({ layers: [layer] }) => layer?.attentionBranch.beside?.rank,
  }),
  logitCap: key({ ...LOGIT_CAP, kind: softCap(30) }),
};

export const gemma3n = defineFamily({
  name: "gemma3n_text",
  className: "Gemma3n",
  languageModel: "ForCausalLM",
  architecture: "gemma3n",
  keys: KEYS,
  defaults: {
    vocabSize: 262_400,
    nPositions: 32_768,
    nLayer: 35,
    nEmbd: 2048,
    nHead: 8,
    nKvHead: 2,
    headDim: 256,
    nInner: 16_384,
    normEpsilon: 1e-6,
    activation: "gelu_tanh",
    tied: true,
    mlpBias: false,
    window: 512,
    nShared: 15,
    inputWidth: 256,
    inputVocabulary: 262_144,
    nStreams: 4,
    activeStream: 0,
    scalesStream: true,
    rank: 64,
    logitCap: 30,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      ...INPUT_NAMES,
      streams_into: ["altup_projections.#"],
      streams_out_of: ["altup_unembed_projections.#"],
      "blocks.*.attention.qkv": withSharedKeys([
        "layers.*.self_attn.q_proj",
        "layers.*.self_attn.k_proj",
        "layers.*.self_attn.v_proj",
      ]),
      "blocks.*.attention_output_norm": ["layers.*.post_attention_layernorm"],
      "blocks.*.mlp_norm": ["layers.*.pre_feedforward_layernorm"],
      "blocks.*.mlp_output_norm": ["layers.*.post_feedforward_layernorm"],
      "blocks.*.attention_beside.down": ["layers.*.laurel.linear_left"],
      "blocks.*.attention_beside.up": ["layers.*.laurel.linear_right"],
      "blocks.*.attention_beside.norm": ["layers.*.laurel.post_laurel_norm"],
      "blocks.*.streams.router_norm": ["layers.*.altup.router_norm"],
      "blocks.*.streams.router": ["layers.*.altup.modality_router"],
      "blocks.*.streams.prediction": ["layers.*.altup.prediction_coefs"],
      "blocks.*.streams.correction": ["layers.*.altup.correction_coefs"],
      "blocks.*.streams.scales": [{ module: "layers.*.altup.correct_output_scale", bare: true }],
    },
    gguf: {
      ...GGUF_NAMES,
      ...GGUF_INPUT_NAMES,
      streams_into: ["altup_proj"],
      streams_out_of: ["altup_unembd_proj"],
      "blocks.*.attention.qkv": withSharedKeys(["blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"]),
      "blocks.*.attention_beside.down": ["blk.*.laurel_l"],
      "blocks.*.attention_beside.up": ["blk.*.laurel_r"],
      "blocks.*.attention_beside.norm": ["blk.*.laurel_post_norm"],
      "blocks.*.streams.router_norm": ["blk.*.altup_router_norm"],
      "blocks.*.streams.router": ["blk.*.altup_router"],
      "blocks.*.streams.prediction": ["blk.*.altup_predict_coef"],
      "blocks.*.streams.correction": ["blk.*.altup_correct_coef"],
      "blocks.*.streams.scales": ["blk.*.altup_correct_scale"],
    },
  },
  decoder(values, stored) {
    const { nStreams, activeStream, scalesStream, normEpsilon: epsilon } = values;
    if (activeStream >= nStreams) throw stored.wrong("activeStream", `expected less than ${nStreams}`);
    const inner = eachLayer(values.nInner, values.nLayer, stored, "nInner");
    const decoder = gemmaDecoder({ ...values, nInner: inner[0] ?? 1 }, stored, {
      family: "gemma3n_text",
      normPlacement: "before and after",
      qkNorm: { kind: "head", norm: rmsNorm(epsilon) },
      position: { kind: "none" },
      multipliers: { scores: 1 },
      softCaps: { logits: values.logitCap },
    });
    return {
      ...decoder,
      embedding: { ...decoder.embedding, ...layerInputsOf(values, epsilon) },
      streams: { count: nStreams, active: activeStream, scaled: scalesStream, epsilon },
      layers: layersOf(values, stored, decoder.layers, inner),
    };
  },
});

/** Equal layers share one object. */
function layersOf(
  values: ValuesOf<typeof KEYS>,
  stored: StoredConfig,
  base: readonly LayerConfig[],
  inner: readonly number[],
): LayerConfig[] {
  const { nLayer, normEpsilon: epsilon, activation, rank } = values;
  const slides = slidingLayers(values.slidingLayers, nLayer, stored);
  const keysFrom = keysOfLayers(slides, values.nShared, stored);
  const sparsity = sparsityOf(values.sparsities, nLayer, stored);
  const headDim = values.headDim ?? 256;
  const positions = rotariesOf(stored, { full: headDim, sliding: headDim }, { theta: 1e6, localTheta: 1e4 });
  const known = new Map<string, LayerConfig>();
  return base.map((layer, i) => {
    const kind = [slides[i], keysFrom[i], sparsity[i], inner[i]].join();
    const from = keysFrom[i];
    const made = known.get(kind) ?? {
      ...layer,
      mixer: {
        ...attentionOf(layer),
        ...(from !== undefined && { keysFrom: from }),
        valueNorm: { ...rmsNorm(epsilon), unweighted: true as const },
        mask: maskOf(slides[i] === true, values.window),
        position: slides[i] ? positions.sliding : positions.full,
      },
      attentionBranch: { ...layer.attentionBranch, beside: { rank, epsilon }, sumScale: Math.SQRT1_2 },
      mlp: { ...layer.mlp, nInner: inner[i] ?? 1, ...(sparsity[i] && { sparsity: sparsity[i] }) },
      ...(values.inputWidth > 0 && { input: { activation, epsilon } }),
    };
    known.set(kind, made);
    return made;
  });
}

/** Layers of the first models with sparse gates, and their share. */
const SPARSE_LAYERS = 10;
const SPARSITY = 0.95;

function sparsityOf(listed: readonly number[], nLayer: number, stored: StoredConfig): readonly number[] {
  if (listed.length === 1) return Array<number>(nLayer).fill(listed[0] ?? 0);
  if (listed.length === nLayer) return listed;
  if (listed.length > 0) throw stored.wrong("sparsities", `expected ${nLayer} of them, one for each layer`);
  return Array.from({ length: nLayer }, (_, i) =>
    nLayer > SPARSE_LAYERS && i < SPARSE_LAYERS ? SPARSITY : 0,
  );
}
