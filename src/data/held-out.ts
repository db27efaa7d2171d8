/** Choice of the documents that are held out for validation. */

import { GptError } from "../errors.ts";
import { Random } from "../generate/sampling/random.ts";
import { LONGEST_CHUNK } from "./document-splitter.ts";
import type { DataSource } from "./sources.ts";

/**
 * A function that says of one document after the other, or of one chunk of a long document, whether it is
 * held out. The held-out documents are spread evenly, so that a small data set has some, too. The first
 * document is never held out.
 *
 * @param fraction at least 0, below 1
 * @param seed unsigned 32-bit integer, which selects the documents
 * @throws GptError `usage` for another fraction
 */
export function holdOut(fraction: number, seed: number): () => boolean {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new GptError("usage", `a share of ${fraction} for validation: expected 0 to less than 1`);
  }
  const phase = new Random(seed).uniform() * (1 - fraction);
  let documents = 0;
  return () => {
    const before = Math.floor(documents++ * fraction + phase);
    return Math.floor(documents * fraction + phase) > before;
  };
}

/** UTF-16 units: enough text for a loss to mean something. */
const SHORTEST_CHUNK = 256;

/**
 * Longest chunk of a document, in UTF-16 units, so that a part of a single long document is held out, too.
 */
export function chunkSizeFor(sources: readonly DataSource[], fraction: number): number {
  const size = sources.reduce(
    (sum, { fingerprint }) => sum + (fingerprint?.size ?? Number.POSITIVE_INFINITY),
    0,
  );
  if (fraction === 0) return LONGEST_CHUNK;
  return Math.min(LONGEST_CHUNK, Math.max(SHORTEST_CHUNK, Math.floor(size * fraction)));
}
