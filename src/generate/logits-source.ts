/** What generation needs of a session: the ids it holds, and the logits after the last one. */
import type { AppendOptions } from "../engine/append-options.ts";
import type { DecoderConfig } from "../model/config.ts";

export interface LogitsSource {
  /** The ids that it holds, oldest first. */
  readonly ids: readonly number[];
  /** The greatest number of ids that it can hold. */
  readonly contextSize: number;
  /** `nPositions` is the greatest context that the model allows. */
  readonly config: Pick<DecoderConfig, "nPositions">;
  /**
   * Appends ids. Returns the logits after the last of them, (vocabulary), or with `every` after each of them,
   * (ids, vocabulary). The caller owns them. Rejects once the signal is aborted.
   */
  append(ids: readonly number[], options?: AppendOptions): Promise<Float32Array>;
  /** Forgets the ids from `length` on. */
  truncate(length: number): void;
  /** A second source that holds the same ids. The caller closes it. */
  fork(): LogitsSource;
  close(): Promise<void>;
}
