/** Sizes of attention heads, derived where a file does not state them. */
import type { StoredConfig } from "../stored-config.ts";

export interface HeadValues {
  readonly nEmbd: number;
  readonly nHead: number;
  readonly nKvHead?: number | undefined;
  readonly headDim?: number | undefined;
}

/**
 * Without a value of its own, the number of key/value heads is that of query heads, and the heads share the
 * width.
 *
 * @throws GptError `invalid-file` for sizes that do not divide each other
 */
export function attentionHeads(
  { nEmbd, nHead, nKvHead = nHead, headDim }: HeadValues,
  stored: StoredConfig,
): { nHead: number; nKvHead: number; headDim: number } {
  const heads = `${stored.nameOf("nHead")}, ${nHead}`;
  if (nHead % nKvHead !== 0) throw stored.wrong("nKvHead", `expected a divisor of ${heads}`);
  if (headDim === undefined && nEmbd % nHead !== 0) {
    const own = stored.nameOf("headDim");
    const missing = own === undefined ? "" : `, and ${own} is missing`;
    throw stored.wrong("nEmbd", `which ${heads}, does not divide${missing}`);
  }
  return { nHead, nKvHead, headDim: headDim ?? nEmbd / nHead };
}
