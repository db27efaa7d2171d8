/** Which documents are kept back for validation. */

import { GptError } from "../errors.ts";
import { Random } from "../generate/random.ts";

/**
 * Says of one document, or stretch of a long one, after the other whether it is held out: an even share of them, so that
 * a small data set has its part, too.
 *
 * @param fraction at least 0, below 1
 * @param seed which of them: unsigned 32-bit integer
 * @throws GptError `usage` for another fraction
 */
export function holdOut(fraction: number, seed: number): () => boolean {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new GptError("usage", `a share of ${fraction} for validation: expected 0 to less than 1`);
  }
  const phase = new Random(seed).uniform();
  let documents = 0;
  return () => {
    const before = Math.floor(documents++ * fraction + phase);
    return Math.floor(documents * fraction + phase) > before;
  };
}
