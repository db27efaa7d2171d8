/**
 * Gemma 4 (Gemma Team 2026), its dense models: plain norms, also of values, layers with heads of two sizes, keys and
 * values that layers share, and vectors of tokens for each layer.
 */
import type { AttentionConfig, DecoderConfig, LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import { GEMMA_KEYS, gemmaDecoder, LOGIT_CAP, softCap } from "../blocks/gemma.ts";
import { LLAMA_NAMES, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, flag, ggufOnly, key, optionalCount, type ValuesOf } from "../keys.ts";
import { maskOf, SLIDING_WINDOW, slidingLayers, slidingLayersKey } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";

const isFull = (layer: LayerConfig): boolean => attentionOf(layer).mask.kind === "causal";
const fullIn = ({ layers }: DecoderConfig): AttentionConfig | undefined =>
  layers.filter(isFull).map(attentionOf)[0];

const KEYS = {
  ...GEMMA_KEYS,
  mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
  window: SLIDING_WINDOW,
  slidingLayers: slidingLayersKey(6),
  fullHeadDim: key({
    json: "global_head_dim",
    kind: count(LIMITS.width),
    of: (config) => fullIn(config)?.headDim,
  }),
  fullKvHeads: key({
    json: "num_global_key_value_heads",
    kind: optionalCount(LIMITS.heads),
    of: (config) => fullIn(config)?.nKvHead,
  }),
  keysAreValues: key({
    json: "attention_k_eq_v",
    kind: flag,
    of: (config) => fullIn(config)?.keysAreValues === true,
  }),
  nShared: key({
    json: "num_kv_shared_layers",
    kind: count(LIMITS.layers, 0),
    of: ({ layers }) => layers.filter((layer) => attentionOf(layer).keysFrom !== undefined).length,
  }),
  doubleWide: key({
    json: "use_double_wide_mlp",
    kind: flag,
    of: ({ layers }) => layers.at(-1)?.mlp.nInner !== layers[0]?.mlp.nInner,
  }),
  inputWidth: key({
    json: "hidden_size_per_layer_input",
    kind: count(LIMITS.width, 0),
    of: ({ embedding }) => embedding.layerInputs?.width ?? 0,
  }),
  inputVocabulary: key({
    json: "vocab_size_per_layer_input",
    kind: count(LIMITS.vocabulary),
    of: ({ embedding, vocabSize }) => embedding.layerInputs?.vocabSize ?? vocabSize,
  }),
  logitCap: key({ ...LOGIT_CAP, kind: softCap() }),
};

type Values = ValuesOf<typeof KEYS>;

const queriesOnly = (layer: LayerConfig): readonly string[] => {
  const { keysFrom, keysAreValues } = attentionOf(layer);
  const [query, own, value] = ["q", "k", "v"].map((part) => `layers.*.self_attn.${part}_proj`) as [
    string,
    string,
    string,
  ];
  if (keysFrom !== undefined) return [query];
  return [query, own, keysAreValues ? own : value];
};

const NAMES: NameTable = {
  ...LLAMA_NAMES,
  layer_inputs: ["embed_tokens_per_layer"],
  layer_inputs_projection: ["per_layer_model_projection"],
  layer_inputs_norm: ["per_layer_projection_norm"],
  "blocks.*.attention.qkv": queriesOnly,
  "blocks.*.attention_output_norm": ["layers.*.post_attention_layernorm"],
  "blocks.*.mlp_norm": ["layers.*.pre_feedforward_layernorm"],
  "blocks.*.mlp_output_norm": ["layers.*.post_feedforward_layernorm"],
  "blocks.*.input_gate": ["layers.*.per_layer_input_gate"],
  "blocks.*.input_projection": ["layers.*.per_layer_projection"],
  "blocks.*.input_norm": ["layers.*.post_per_layer_input_norm"],
  "blocks.*.scale": [{ module: "layers.*.layer_scalar", bare: true }],
};

export const gemma4 = defineFamily({
  name: "gemma4_text",
  className: "Gemma4",
  languageModel: "ForCausalLM",
  keys: KEYS,
  defaults: {
    vocabSize: 262_144,
    nPositions: 131_072,
    nLayer: 30,
    nEmbd: 2304,
    nHead: 8,
    nKvHead: 4,
    headDim: 256,
    nInner: 9216,
    normEpsilon: 1e-6,
    activation: "gelu_tanh",
    tied: true,
    mlpBias: false,
    window: 512,
    fullHeadDim: 512,
    nShared: 0,
    inputWidth: 256,
    inputVocabulary: 262_144,
  },
  tensors: { prefix: "model.", huggingFace: NAMES, gguf: {} },
  decoder(values, stored) {
    stored.fields.require("enable_moe_block", [false], "and its mixture beside the MLP is not supported");
    stored.fields.require("use_bidirectional_attention", ["vision"], "which is not supported");
    if (values.inputWidth > 0 && values.inputVocabulary < values.vocabSize) {
      throw stored.wrong("inputVocabulary", `expected at least the vocabulary, ${values.vocabSize}`);
    }
    const norm = rmsNorm(values.normEpsilon);
    const decoder = gemmaDecoder(values, stored, {
      family: "gemma4_text",
      normPlacement: "before and after",
      qkNorm: { kind: "head", norm },
      position: { kind: "none" },
      multipliers: { scores: 1 },
      softCaps: { logits: values.logitCap },
    });
    const { inputWidth, inputVocabulary, normEpsilon } = values;
    const layerInputs = { width: inputWidth, vocabSize: inputVocabulary, epsilon: normEpsilon };
    return {
      ...decoder,
      embedding: { ...decoder.embedding, ...(inputWidth > 0 && { layerInputs }) },
      layers: layersOf(values, stored, decoder.layers),
    };
  },
});

/** Equal layers share one object. */
function layersOf(values: Values, stored: StoredConfig, base: readonly LayerConfig[]): LayerConfig[] {
  const { nLayer, nShared, normEpsilon, activation } = values;
  const sliding = slidingLayers(values.slidingLayers, nLayer, stored).map(
    (slides, i) => slides && i < nLayer - 1,
  );
  const full = fullHeads(values, stored);
  const positions = rotariesOf(
    stored,
    { full: full.headDim, sliding: values.headDim ?? 256 },
    { theta: 1e6, localTheta: 1e4 },
  );
  const known = new Map<string, LayerConfig>();
  return base.map((layer, i) => {
    const slides = sliding[i] === true;
    const own = sliding.slice(0, nLayer - nShared);
    const keysFrom = i < own.length ? undefined : own.lastIndexOf(slides);
    if (keysFrom === -1) throw stored.wrong("nShared", `expected an earlier layer of the kind of layer ${i}`);
    const kind = `${slides} ${keysFrom}`;
    const made = known.get(kind) ?? {
      ...layer,
      mixer: {
        ...attentionOf(layer),
        ...(slides ? {} : { ...full, valueDim: full.headDim }),
        ...(!slides && values.keysAreValues && { keysAreValues: true as const }),
        ...(keysFrom !== undefined && { keysFrom }),
        valueNorm: { ...rmsNorm(normEpsilon), unweighted: true as const },
        mask: maskOf(slides, values.window),
        position: slides ? positions.sliding : positions.full,
      },
      mlp: { ...layer.mlp, nInner: values.nInner * (values.doubleWide && keysFrom !== undefined ? 2 : 1) },
      ...(values.inputWidth > 0 && { input: { activation, epsilon: normEpsilon } }),
      scaled: true as const,
    };
    known.set(kind, made);
    return made;
  });
}

/** Sizes of the heads of layers that see all: by name, or in `per_layer_config` of files that were saved again. */
function fullHeads(values: Values, { fields }: StoredConfig): { nKvHead: number; headDim: number } {
  const byLayer = fields.nested("per_layer_config");
  const [number] = Object.keys(fields.object("per_layer_config") ?? {});
  const own = number === undefined ? undefined : byLayer?.nested(number);
  const nKvHead = (values.keysAreValues ? values.fullKvHeads : undefined) ?? values.nKvHead ?? values.nHead;
  return {
    headDim: own?.count("head_dim", LIMITS.width, values.fullHeadDim) ?? values.fullHeadDim,
    nKvHead: own?.count("num_key_value_heads", LIMITS.heads, nKvHead) ?? nKvHead,
  };
}
