/** Files that cannot be used, where that is something to tell rather than to fail on. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import { refuseUnsupported } from "../../model/supported.ts";
import { resolveWeights } from "../../weights/resolve.ts";

/** Why the weights of a checkpoint cannot be loaded; null where they can. */
export function loadProblem(checkpoint: Checkpoint, description: ModelDescription): string | null {
  try {
    refuseUnsupported(checkpoint.path, description.config);
    resolveWeights(checkpoint, description);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * What an error says of a file.
 * @throws the error itself if it is no fault of a file
 */
export function messageOf(error: unknown): string {
  if (error instanceof GptError) return error.message;
  throw error;
}
