/** Which documents are kept back for validation. */

import { GptError } from "../errors.ts";
import { Random } from "../generate/sampling/random.ts";
import { LONGEST_CHUNK } from "./document-splitter.ts";
import type { DataSource } from "./sources.ts";

/**
 * Says of one document, or chunk of a long one, after the other whether it is held out: an even share of them, so that
 * a small data set has its part, too. Never of the first.
 *
 * @param fraction at least 0, below 1
 * @param seed which of them: unsigned 32-bit integer
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

/** In UTF-16 units: enough text for a loss to mean something. */
const SHORTEST_STRETCH = 256;

/** Into which chunks, in UTF-16 units, documents are cut at most, so that one long document has its part held out, too. */
export function chunkSizeFor(sources: readonly DataSource[], fraction: number): number {
  const size = sources.reduce(
    (sum, { fingerprint }) => sum + (fingerprint?.size ?? Number.POSITIVE_INFINITY),
    0,
  );
  if (fraction === 0) return LONGEST_CHUNK;
  return Math.min(LONGEST_CHUNK, Math.max(SHORTEST_STRETCH, Math.floor(size * fraction)));
}
