/** Problems of files, as text for a report. They do not stop the report. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import { refuseUnsupported } from "../../model/supported.ts";
import { resolveWeights } from "../../weights/resolve.ts";

/** The reason why weights cannot be loaded; null if they can. */
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
 * The message of an error about a file.
 * @throws the error itself if it is of another kind
 */
export function messageOf(error: unknown): string {
  if (error instanceof GptError) return error.message;
  throw error;
}
