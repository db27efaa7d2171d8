/** The beginning of a character at the end of a text. */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

/** A character has at most four bytes. */
const LONGEST_BEGINNING = 3;

/** The first byte of a character of several bytes. */
const isLead = (byte: number): boolean => byte >= 0xc0;

/** @param ids of a text that ends inside a character */
export function unfinishedBytes(tokenizer: Tokenizer, ids: readonly number[]): readonly number[] {
  const tail: number[] = [];
  for (let i = ids.length - 1; i >= 0 && tail.length < LONGEST_BEGINNING; i--) {
    const id = ids[i] as number;
    if (!tokenizer.isSpecial(id)) tail.unshift(...tokenizer.bytes(id));
  }
  return tail.slice(tail.findLastIndex(isLead));
}
