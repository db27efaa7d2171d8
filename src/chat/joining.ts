/** Text that is appended to a text whose ids must not change, because the key/value cache holds them. */
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

/**
 * The text that the ids add to the text before them. U+FFFD stands for an unfinished character at the end.
 */
export function textAfter(tokenizer: Tokenizer, previous: readonly number[], ids: readonly number[]): string {
  const decoder = tokenizer.stream(previous);
  return ids.map((id) => decoder.push(id)).join("") + decoder.flush();
}

/** A text after which a word may begin without a space. */
const ANCHOR = "\n";

/**
 * The ids with which `text` follows `previous` directly. A SentencePiece tokenizer puts a space before every
 * text, which is wrong inside of one. There the ids are those of the text after a line feed.
 */
export const idsAfter = (
  tokenizer: Tokenizer,
  previous: readonly number[],
  text: string,
  options: EncodeOptions = {},
): readonly number[] =>
  joinedIds(tokenizer, previous, (anchor) => tokenizer.encode(`${anchor}${text}`, options));

/** As `idsAfter`. @param encode the text after an anchor, which may be empty */
export function joinedIds(
  tokenizer: Tokenizer,
  previous: readonly number[],
  encode: (anchor: string) => readonly number[],
): readonly number[] {
  const ids = encode("");
  const meant = textAfter(tokenizer, [], ids);
  const joins = (ids: readonly number[]) => textAfter(tokenizer, previous, ids) === meant;
  if (joins(ids)) return ids;
  const anchor = tokenizer.encode(ANCHOR);
  const anchored = encode(ANCHOR);
  const rest = anchored.slice(anchor.length);
  return anchor.every((id, i) => id === anchored[i]) && joins(rest) ? rest : ids;
}

/**
 * The ids of an answer without the stop text that ended it.
 *
 * @param text of the answer, which lacks the stop text already
 */
export function idsWithin(
  tokenizer: Tokenizer,
  previous: readonly number[],
  ids: readonly number[],
  text: string,
): readonly number[] {
  const decoder = tokenizer.stream(previous);
  let decoded = "";
  let count = 0;
  let kept = "";
  for (const [index, id] of ids.entries()) {
    decoded += decoder.push(id);
    if (!text.startsWith(decoded)) break;
    // A control token has no text: at the end of an answer it may be the stop text.
    if (decoder.unfinished || decoded === kept) continue;
    count = index + 1;
    kept = decoded;
  }
  const whole = ids.slice(0, count);
  if (kept === text) return whole;
  return [...whole, ...idsAfter(tokenizer, [...previous, ...whole], text.slice(kept.length))];
}
