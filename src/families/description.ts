/** What is known of a checkpoint's model before its weights are read. */
import type { DecoderConfig } from "../model/config.ts";
import type { WeightSpec } from "../model/weights.ts";
import type { ModelVocabulary } from "../tokenizer/index.ts";

/** One stored tensor that fills (part of) a canonical weight, and what its file stores otherwise. */
export interface WeightSource {
  /** Name in the checkpoint, without the optional prefix. */
  readonly tensor: string;
  /** `linear`: stored [outputs, inputs]. `conv1d`: stored [inputs, outputs], as in the GPT-1 and GPT-2 code. */
  readonly layout: "linear" | "conv1d";
  /** Set where each head's rotary pairs are stored interleaved (GGUF `llama`): the number of heads to put right. */
  readonly interleavedHeads?: number;
}

/** A weight whose stored tensors are sought. */
export type SoughtWeight = Pick<WeightSpec, "module" | "layer" | "kind">;

/** A checkpoint, understood: what to build and where each weight is. */
export interface ModelDescription {
  readonly config: DecoderConfig;
  /** The stored tensors that, stacked along the output axis, make up a weight. */
  sources(weight: SoughtWeight): readonly WeightSource[];
  /** Prefix that stored names may or may not have, such as `transformer.`. */
  readonly prefix: string;
  readonly vocabulary: ModelVocabulary;
  readonly bosId: number | undefined;
  /** Ids that end a text. Empty where the checkpoint names none. */
  readonly endOfTextIds: readonly number[];
}
