/** The token that stands for a word to guess. */
import type { Tokenizer } from "../tokenizer/index.ts";

const MASKS = ["[MASK]", "<mask>"];

/** The text of the mask, such as `[MASK]`; undefined without one. */
export const maskTokenOf = (tokenizer: Pick<Tokenizer, "controlTokenId">): string | undefined =>
  MASKS.find((text) => tokenizer.controlTokenId(text) !== undefined);
