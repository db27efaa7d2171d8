/** Floating-point operations of a training step, counted from the shape. */
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import { countParameters } from "../model/parameters.ts";

/**
 * Floating-point operations of a training step for each token: three times the forward pass (Kaplan et al.
 * 2020, section 2.1), with the attention over a context as long as the model's; a third of that is for the
 * gradients of weights.
 *
 * @param trained number of parameters with gradients, of the model or of an adapter
 */
export function trainingFlops(config: DecoderConfig, trained?: number): number {
  const { total, tokenEmbedding, positionEmbedding } = countParameters(config);
  const { head, nPositions } = config;
  const readsEmbedding = head.kind === "classes" || (head.kind === "tokens" && head.tied);
  const products = total - positionEmbedding - (readsEmbedding ? 0 : tokenEmbedding);
  const width = attentionsOf(config).reduce((sum, { nHead, headDim }) => sum + nHead * headDim, 0);
  const attention = nPositions * width; // half of the square, twice
  return (4 + 2 * Math.min(1, (trained ?? total) / total)) * products + 6 * attention;
}
