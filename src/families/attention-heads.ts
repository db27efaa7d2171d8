/** Sizes of attention heads, and positions that depend on them: what follows from others where a file does not say it. */
import type { StoredConfig } from "./stored-config.ts";

export interface HeadValues {
  readonly nEmbd: number;
  readonly nHead: number;
  readonly nKvHead?: number | undefined;
  readonly headDim?: number | undefined;
}

/**
 * As many key/value heads as query heads, and heads that share the width, where the file says nothing else.
 *
 * @throws GptError `invalid-file` where the sizes do not divide each other
 */
export function attentionHeads(
  { nEmbd, nHead, nKvHead = nHead, headDim }: HeadValues,
  stored: StoredConfig,
): { nHead: number; nKvHead: number; headDim: number } {
  const heads = `${stored.nameOf("nHead")}, ${nHead}`;
  if (nHead % nKvHead !== 0) throw stored.wrong("nKvHead", `expected a divisor of ${heads}`);
  if (headDim === undefined && nEmbd % nHead !== 0)
    throw stored.wrong("nEmbd", `which ${heads}, does not divide`);
  return { nHead, nKvHead, headDim: headDim ?? nEmbd / nHead };
}

/** A window changes nothing up to its length, so the context ends there: kernels have no windows yet. */
export const withinWindow = (nPositions: number, window = Number.POSITIVE_INFINITY): number =>
  Math.min(nPositions, window);
