/** Guesses the next ids for speculation: it is cheap, and may be wrong. */
export interface Drafter {
  /** Ids that may follow, in their order: at most `most` (at least 1), none if it has no guess. */
  draft(ids: readonly number[], most: number, signal: AbortSignal | undefined): Promise<readonly number[]>;
  close(): Promise<void>;
}
