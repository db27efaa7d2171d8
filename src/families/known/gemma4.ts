/**
 * Gemma 4 (Gemma Team 2026): plain norms, also of values, layers with heads of two sizes, keys and values
 * that layers share, vectors of tokens for each layer, and in one model a mixture of experts beside the MLP.
 */
import type { DecoderConfig, ExpertsMlp, LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import { gemmaDecoder } from "../blocks/gemma.ts";
import {
  GEMMA4_GGUF_NAMES,
  GEMMA4_KEYS,
  GEMMA4_NAMES,
  type Gemma4Sizes,
  type Gemma4Values,
  gemma4Sizes,
} from "../blocks/gemma4.ts";
import { rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { SOFTMAX_OF_CHOSEN, withExperts } from "../layers/experts.ts";
import { keysOfLayers, layerInputsOf } from "../layers/layer-inputs.ts";
import { maskOf } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";
import type { StoredConfig } from "../stored-config.ts";
export const gemma4 = defineFamily({
  name: "gemma4_text",
  className: "Gemma4",
  languageModel: "ForCausalLM",
  architecture: "gemma4",
  keys: GEMMA4_KEYS,
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
  tensors: { prefix: "model.", huggingFace: GEMMA4_NAMES, gguf: GEMMA4_GGUF_NAMES },
  decoder(values, stored) {
    stored.fields.require("use_bidirectional_attention", ["vision"], "which is not supported");
    const norm = rmsNorm(values.normEpsilon);
    const sizes = gemma4Sizes(values, stored);
    const decoder = gemmaDecoder(
      {
        ...values,
        nInner: sizes.inner[0] ?? 1,
        nKvHead: sizes.sliding.nKvHead,
        headDim: sizes.sliding.headDim,
      },
      stored,
      {
        family: "gemma4_text",
        normPlacement: "before and after",
        qkNorm: { kind: "head", norm },
        position: { kind: "none" },
        multipliers: { scores: 1 },
        softCaps: { logits: values.logitCap },
      },
    );
    const made = {
      ...decoder,
      embedding: { ...decoder.embedding, ...layerInputsOf(values, values.normEpsilon) },
      layers: layersOf(values, stored, decoder.layers, sizes),
    };
    return values.hasExperts ? withMixtures(made, values, stored) : made;
  },
});

/** Equal layers share one object. */
function layersOf(
  values: Gemma4Values,
  stored: StoredConfig,
  base: readonly LayerConfig[],
  { slides, inner, full, sliding }: Gemma4Sizes,
): LayerConfig[] {
  const { normEpsilon: epsilon, activation } = values;
  const keysFrom = keysOfLayers(slides, values.nShared, stored);
  const positions = rotariesOf(
    stored,
    { full: full.headDim, sliding: sliding.headDim },
    { theta: 1e6, localTheta: 1e4, scaling: { kind: "proportional", part: 0.25 } },
  );
  const known = new Map<string, LayerConfig>();
  return base.map((layer, i) => {
    const [is, from] = [slides[i] === true, keysFrom[i]];
    const kind = [is, from, inner[i]].join();
    const made = known.get(kind) ?? {
      ...layer,
      mixer: {
        ...attentionOf(layer),
        ...(is ? {} : { ...full, valueDim: full.headDim }),
        ...(!is && values.keysAreValues && { keysAreValues: true as const }),
        ...(from !== undefined && { keysFrom: from }),
        valueNorm: { ...rmsNorm(epsilon), unweighted: true as const },
        mask: maskOf(is, values.window),
        position: is ? positions.sliding : positions.full,
      },
      mlp: { ...layer.mlp, nInner: inner[i] ?? 1 },
      ...(values.inputWidth > 0 && { input: { activation, epsilon } }),
      scaled: true as const,
    };
    known.set(kind, made);
    return made;
  });
}

/** A mixture beside the MLP: each has norms of its own, and the sum has another one. */
function withMixtures(decoder: DecoderConfig, values: Gemma4Values, stored: StoredConfig): DecoderConfig {
  const { nExperts = 1, nActive = 1, nExpertInner = 1, normEpsilon, activation, nInner } = values;
  const norm = rmsNorm(normEpsilon);
  const [first] = decoder.layers;
  const layer = { activation, gated: true, bias: false };
  const mixture: Omit<ExpertsMlp, "kind" | "count" | "active"> = {
    ...layer,
    nInner: nExpertInner,
    routing: { ...SOFTMAX_OF_CHOSEN, norm, logitScale: decoder.nEmbd ** -0.5, expertScales: true },
    before: norm,
    after: norm,
    shared: { ...layer, nInner: first?.mlp.nInner ?? nInner, gate: false, before: norm, after: norm },
  };
  const mixed = withExperts(decoder, { nExperts, nActive }, stored, mixture);
  const changed = new Map<LayerConfig, LayerConfig>();
  const layers = mixed.layers.map((layer) => {
    const known = changed.get(layer) ?? { ...layer, mlpBranch: { ...layer.mlpBranch, before: undefined } };
    changed.set(layer, known);
    return known;
  });
  return { ...mixed, layers };
}
