/** The input of an encoder: one text or two, with special tokens around them. */

import { GptError } from "../errors.ts";

/** A special token, or the first (0) or second (1) text. */
export type Place =
  | { readonly id: number; readonly type: number }
  | { readonly text: 0 | 1; readonly type: number };

/** The order of texts and special tokens, for one text and for two. */
export interface Template {
  readonly single: readonly Place[];
  readonly pair: readonly Place[];
}

export interface EncoderInput {
  readonly ids: number[];
  /** The token type (segment) of each id. BERT: 0 for the first text, 1 for the second. */
  readonly typeIds: number[];
}

/** The end at which a text that is too long loses tokens. */
export type Side = "left" | "right";

/** The texts, one behind the other, between tokens that stand around every input. */
export function aroundTexts(before: readonly number[], after: readonly number[]): Template {
  const token = (id: number) => ({ id, type: 0 });
  const around = (...texts: Place[]): Place[] => [...before.map(token), ...texts, ...after.map(token)];
  return {
    single: around({ text: 0, type: 0 }),
    pair: around({ text: 0, type: 0 }, { text: 1, type: 1 }),
  };
}

/** `[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]` with type 1 from B on. */
export function bertTemplate(cls: number, sep: number): Template {
  const single: Place[] = [
    { id: cls, type: 0 },
    { text: 0, type: 0 },
    { id: sep, type: 0 },
  ];
  return { single, pair: [...single, { text: 1, type: 1 }, { id: sep, type: 1 }] };
}

/** `<s> A </s>`, and `<s> A </s></s> B </s>`. */
export function robertaTemplate(cls: number, sep: number): Template {
  const { single } = bertTemplate(cls, sep);
  const end: Place = { id: sep, type: 0 };
  return { single, pair: [...single, end, { text: 1, type: 0 }, end] };
}

/**
 * Puts the ids of one text or two into the template.
 * @param maxTokens special tokens included: the texts lose tokens, the special tokens stay
 * @throws GptError `usage` for a limit without room for the special tokens
 */
export function fillTemplate(
  { single, pair }: Template,
  texts: readonly [number[]] | readonly [number[], number[]],
  maxTokens: number | undefined,
  side: Side,
): EncoderInput {
  const places = texts.length === 1 ? single : pair;
  const kept = maxTokens === undefined ? texts : truncated(places, texts, maxTokens, side);
  const ids: number[] = [];
  const typeIds: number[] = [];
  for (const place of places) {
    for (const id of "id" in place ? [place.id] : (kept[place.text] ?? [])) {
      ids.push(id);
      typeIds.push(place.type);
    }
  }
  return { ids, typeIds };
}

function truncated(
  places: readonly Place[],
  [first, second]: readonly number[][],
  maxTokens: number,
  side: Side,
): number[][] {
  const special = places.filter((place) => "id" in place).length;
  const room = maxTokens - special;
  if (room < 0) {
    throw new GptError("usage", `at most ${maxTokens} tokens have no room for the ${special} special ones`);
  }
  const keep = (ids: number[], count: number) =>
    side === "right" ? ids.slice(0, count) : ids.slice(ids.length - Math.min(count, ids.length));
  if (first === undefined) return [];
  if (second === undefined) return [keep(first, room)];
  const [a, b] = shares(first.length, second.length, room);
  return [keep(first, a), keep(second, b)];
}

/**
 * How many tokens two texts keep: the longer one loses tokens first. If that is not enough, both have half of
 * the room, the longer one more of an odd room.
 */
function shares(first: number, second: number, room: number): readonly [first: number, second: number] {
  if (first + second <= room) return [first, second];
  const [less, more] = [Math.floor(room / 2), Math.ceil(room / 2)];
  if (2 * Math.min(first, second) > room) return first <= second ? [less, more] : [more, less];
  return first <= second ? [first, room - first] : [room - second, second];
}
