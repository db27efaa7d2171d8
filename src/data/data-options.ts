/** What training data is made of. */
import type { Tokenizer } from "../tokenizer/index.ts";
import type { DialogueReader } from "./document-chunk.ts";
import type { DataSource } from "./sources.ts";

export interface DataOptions {
  readonly sources: readonly DataSource[];
  /** Sources of the validation data. */
  readonly validation?: readonly DataSource[] | undefined;
  /** Share of the sources' documents that is held out for validation, and the seed that selects them. */
  readonly heldOut?: { readonly fraction: number; readonly seed: number } | undefined;
  readonly tokenizer: Tokenizer;
  /** Makes documents of messages. */
  readonly dialogues: DialogueReader;
  /** Directory of the files of tokens, train.tokens and valid.tokens. */
  readonly directory: string;
  /** Directory of files that were made elsewhere of the same sources: they are copied. */
  readonly made?: string | undefined;
  /** Gets the bytes of text that are tokenized so far. */
  readonly onProgress?: ((textBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
