/** The result of reading the config of a checkpoint, before its weights are read. */
import type { DecoderConfig } from "../model/config.ts";
import type { WeightSpec } from "../model/weights.ts";
import type { ModelVocabulary } from "../tokenizer/index.ts";

/** A stored tensor that fills a weight or a part of it, and how its file lays it out. */
export interface WeightSource {
  /** Name in the checkpoint, without the optional prefix. */
  readonly tensor: string;
  /** `linear` is [outputs, inputs]; `conv1d`, as GPT-1 and GPT-2 store it, is [inputs, outputs]. */
  readonly layout: "linear" | "conv1d";
  /** Rows before the first that is read: RoBERTa's positions of padding. */
  readonly skippedRows?: number;
  /** Heads whose rotary pairs the file interleaves (GGUF `llama`): loading puts them half a head apart. */
  readonly interleavedHeads?: number;
  /** Order of the rows, if it is not that of the weight. The layout is `linear`. */
  readonly rowGroups?: RowGroups;
}

/**
 * A fused matrix whose rows lie in groups. A weight stacks all queries, all keys and all values. GPT-NeoX
 * stores one group per head, with the rows of its query, of its key and of its value.
 */
export interface RowGroups {
  readonly count: number;
  /** Rows of each part of the weight in one group. */
  readonly rows: readonly number[];
}

/** A weight whose stored tensors are sought. */
export type SoughtWeight = Pick<WeightSpec, "module" | "layer" | "kind">;

/** The decoder to build, and where its weights are stored. */
export interface ModelDescription {
  readonly config: DecoderConfig;
  /** The stored tensors that, stacked along the output axis, make up a weight. */
  sources(weight: SoughtWeight): readonly WeightSource[];
  /** Prefix that stored names may have or lack, such as `transformer.`. */
  readonly prefix: string;
  readonly vocabulary: ModelVocabulary;
  readonly bosId: number | undefined;
  /** Ids that end a text. Empty if the checkpoint names none. */
  readonly endOfTextIds: readonly number[];
}
