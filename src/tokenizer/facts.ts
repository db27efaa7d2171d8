/** What a tokenizer is made of, for people. */

import type { JsonFields } from "../files/json-fields.ts";

export interface TokenizerFacts {
  /** What its tokens are made of: bytes, or characters that may have bytes where the vocabulary lacks them. */
  readonly kind: "byte-level BPE" | "character BPE with byte fallback" | "character BPE";
  /** Pairs of tokens that merge. */
  readonly merges: number;
  /** The steps by their types in tokenizer.json, in order: `Split`, `ByteLevel`. */
  readonly normalizer: readonly string[];
  readonly preTokenizer: readonly string[];
}

/** The types of the steps of `normalizer` or `pre_tokenizer`. @param list where a Sequence has its steps */
export function stepTypes(fields: JsonFields | undefined, list: "normalizers" | "pretokenizers"): string[] {
  if (fields === undefined) return [];
  const type = fields.string("type");
  return type === "Sequence" ? fields.objects(list).flatMap((step) => stepTypes(step, list)) : [type];
}
