/** The result of reading the config of a checkpoint, before its weights are read. */
import type { DecoderConfig } from "../model/config.ts";
import type { WeightSpec } from "../model/weight-spec.ts";
import type { ModelVocabulary } from "../tokenizer/index.ts";

/** A stored tensor that fills a weight or a part of it, and how its file lays it out. */
export interface WeightSource {
  /** Name in the checkpoint, without the optional prefix. */
  readonly tensor: string;
  /** Its name in files that lack the first one. */
  readonly older?: string;
  /**
   * `linear` is [outputs, inputs]; `conv1d`, as GPT-1 and GPT-2 store it, is [inputs, outputs]; `row` is the
   * [inputs] of a matrix with one output. The taps of a `convolution` are [channels, 1, taps].
   */
  readonly layout: "linear" | "conv1d" | "row" | "convolution";
  /**
   * PEFT takes its inputs for outputs: [inputs, outputs] of all experts, which transformers does not mark.
   */
  readonly adaptersTurn?: true;
  /** Order of its rows, if that is not the canonical one. */
  readonly rows?: RowOrder;
  /** Order of its columns in a file that is written. */
  readonly columns?: RowOrder;
  /**
   * Stored rows before the first one of the weight (RoBERTa, OPT: positions). They are zeros when written.
   */
  readonly skippedRows?: number;
  /** Stored rows behind the last one of the weight. They are zeros when written. */
  readonly missingRows?: number;
  /** The file stores ln(-x): rates of decay. */
  readonly logarithm?: true;
  /** Rows of the matrix as which a vector is stored, one for each head. */
  readonly headRows?: number;
  /** The file stores the values less this number: 1 for norms that multiply by 1 + weight (Gemma). */
  readonly less?: number;
  /** It is some rows of a tensor with `total` rows. */
  readonly range?: RowRange;
  /** It is every `count`-th column of the tensor, from column `index` on. */
  readonly every?: { readonly index: number; readonly count: number };
  /** It is one of `count` equal parts of the tensor along a first axis of its own: an expert of a stack. */
  readonly slice?: { readonly index: number; readonly count: number };
}

/** Stored rows `first` to `first + count` of `total`. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
  readonly total: number;
}

/**
 * Rows come in blocks. In a block of canonical rows the first `groups * sum(parts)` rows hold part after
 * part; in a block of stored rows they lie group after group, each with its rows of every part. The other
 * rows of a block stay.
 *
 * Interleaved rotary pairs: a block is a head, a group is a pair, the parts are [1, 1]. Queries, keys and
 * values head by head: one block, a group is a head, the parts are [D, D, D].
 */
export interface RowOrder {
  /** Rows at the beginning of a block that stay. */
  readonly first?: number;
  readonly block: number;
  readonly groups: number;
  readonly parts: readonly number[];
}

/** A weight whose stored tensors are sought. */
export type SoughtWeight = Pick<WeightSpec, "module" | "layer" | "expert" | "kind">;

/** The decoder to build, and where its weights are stored. */
export interface ModelDescription {
  readonly config: DecoderConfig;
  /** The stored tensors that, stacked along the output axis, make up a weight. */
  sources(weight: SoughtWeight): readonly WeightSource[];
  /** Prefix that stored names may have or lack, such as `transformer.`. */
  readonly prefix: string;
  /** Layers behind the last one of the decoder, which predict further tokens and are passed over. */
  readonly furtherLayers?: number;
  readonly vocabulary: ModelVocabulary;
  /** `model_type` of the whole, if this is the text part of a model that also sees or hears. */
  readonly textPartOf?: string | undefined;
  readonly bosId: number | undefined;
  /** Ids that end a text. Empty if the checkpoint names none. */
  readonly endOfTextIds: readonly number[];
}
