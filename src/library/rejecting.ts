/** How an aborted signal ends an iteration: as in the web's interfaces, with its reason. */

import type { GeneratedToken } from "../generate/options/options.ts";
import type { GenerationSummary } from "../text/generate-text.ts";

type Generation = AsyncGenerator<GeneratedToken, GenerationSummary, void>;

/**
 * Yields the tokens of a generation, also those that were certain when the signal was aborted, and then its
 * reason.
 */
export async function* rejecting(generation: Generation, signal: AbortSignal | undefined): Generation {
  const summary = yield* generation;
  if (summary.finishReason === "interrupted") throw signal?.reason;
  return summary;
}
