/**
 * The block of GPT-NeoX and its kin: layer norms, an MLP without gate, rotary positions of a part of each
 * head. The families differ in names, biases and in what runs in parallel.
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { AttentionConfig, DecoderConfig } from "../../model/config.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import { ACTIVATIONS } from "../activations.ts";
import { LIMITS } from "../fields.ts";
import {
  choice,
  firstAttention,
  firstLayer,
  flag,
  type Key,
  key,
  optionalCount,
  part,
  positive,
  SIZES,
  TIED,
  type ValuesOf,
} from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { GGUF_WINDOW, maskOf } from "../layers/layer-types.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import { rotaryOf } from "../rotary/rope.ts";
import { rotaryPart } from "../rotary/rope-entries.ts";
import type { StoredConfig } from "../stored-config.ts";

/** @param usual the activation of a GGUF file that does not name it */
export const activationKey = (json: string, usual: Activation, spellings = ACTIVATIONS): Key<Activation> => ({
  json,
  gguf: "hidden_activation",
  kind: choice(spellings, usual),
  of: (config) => firstLayer(config).mlp.activation,
});

export const layerNormEpsilon = (json: string): Key<number> => ({
  json,
  gguf: "attention.layer_norm_epsilon",
  kind: positive,
  of: ({ layers: [layer] }) => (layer?.attentionBranch.before ?? layer?.attentionBranch.sum)?.epsilon,
});

/** Part of a head that turns. GGUF stores the number of dimensions. */
export const rotaryPartKey = (json: string): Key<number> => ({ json, kind: part, of: rotaryPart });

/** Parallel attention and MLP, where families have both ways. */
export const parallelKey = (json: string): Key<boolean> => ({
  json,
  gguf: "use_parallel_residual",
  kind: flag,
  of: (config) => firstLayer(config).parallel,
});

/** Biases by the field of config.json. A GGUF file has them if it has the tensor. */
export const biasKey = (
  json: string,
  tensor: string,
  of: (attention: AttentionConfig) => boolean,
): Key<boolean> => ({
  json,
  gguf: ({ tensors }) => tensors.has(tensor),
  kind: flag,
  of: (config) => of(firstAttention(config)),
});

/** Sizes of the block, by the names of most families. */
export const LAYER_NORM_KEYS = {
  ...SIZES,
  headDim: key<number | undefined>({
    gguf: "attention.key_length",
    kind: optionalCount(LIMITS.width),
    of: () => undefined,
  }),
  tied: TIED,
  window: GGUF_WINDOW,
};

type BlockValues = Omit<ValuesOf<typeof SIZES>, "nKvHead"> & {
  readonly nKvHead?: number | undefined;
  readonly headDim?: number | undefined;
  readonly window?: number | undefined;
  readonly tied: boolean;
  readonly normEpsilon: number;
  readonly activation: Activation;
  /** Absent: the positions are not rotary. */
  readonly rotaryPart?: number;
};

/** Differences between families, apart from sizes. */
type Differences = Pick<UniformDecoder, "family" | "qkvBias" | "outputBias" | "mlpBias"> &
  Partial<
    Pick<
      UniformDecoder,
      | "parallel"
      | "position"
      | "normPlacement"
      | "gated"
      | "headBias"
      | "embeddingNorm"
      | "norm"
      | "qkNorm"
      | "scoreBias"
    >
  > & {
    /** Base of the rotary frequencies where a file says nothing. */
    readonly theta?: number;
  };

export const layerNorm = (epsilon: number): NormConfig => ({ kind: "layernorm", epsilon, bias: true });

export function layerNormDecoder(
  values: BlockValues,
  stored: StoredConfig,
  { theta, ...differences }: Differences,
): DecoderConfig {
  const heads = attentionHeads(values, stored);
  const usual = { part: values.rotaryPart, ...(theta !== undefined && { theta }) };
  return uniformDecoder({
    normPlacement: "before",
    gated: false,
    norm: layerNorm(values.normEpsilon),
    ...differences,
    position: differences.position ?? rotaryOf(stored, heads.headDim, usual),
    ...heads,
    vocabSize: values.vocabSize,
    nLayer: values.nLayer,
    nEmbd: values.nEmbd,
    nInner: values.nInner,
    nPositions: values.nPositions,
    mask: maskOf(true, values.window),
    activation: values.activation,
    tied: values.tied,
  });
}
