/** Guesses what comes next, for speculation: cheap, and allowed to be wrong. */
export interface Proposer {
  /** Ids that may follow these, at least one, in their order: at most `most`, none where it has no guess. */
  propose(ids: readonly number[], most: number, signal: AbortSignal | undefined): Promise<readonly number[]>;
  close(): Promise<void>;
}
