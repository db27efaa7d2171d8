/** Reads the merges of a BPE model, from a list or from scores. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { Merges } from "../bpe/merges.ts";
import { MAX_TOKENS, type Vocabulary } from "../bpe/vocabulary.ts";

/**
 * Merges as vocabularies list them, the first come first: `"a b"`, or `["a", "b"]` for tokens with spaces.
 * @param field the field of the list, for the error
 */
export function mergesFromList(
  vocabulary: Vocabulary,
  list: readonly JsonValue[],
  file: string,
  field: string,
): Merges {
  if (list.length > MAX_TOKENS) throw invalidFile(file, `${field}: ${list.length} merges are too many`);
  const merges = new Merges(list.length);
  for (let rank = 0; rank < list.length; rank++) {
    const pair = pairOf(list[rank]);
    if (pair === undefined) {
      throw invalidFile(file, `${field}[${rank}] is ${quote(list[rank])}, expected two tokens`);
    }
    const [left, right] = pair;
    const leftId = vocabulary.ids.get(left);
    const rightId = vocabulary.ids.get(right);
    const result = vocabulary.ids.get(left + right);
    if (leftId !== undefined && rightId !== undefined && result !== undefined) {
      merges.add(leftId, rightId, rank, result);
      continue;
    }
    // A merge of reserved tokens, which the model never makes, is left out.
    const unknown = [left, right, left + right].find((text) => vocabulary.idOf(text) === undefined);
    if (unknown === undefined) continue;
    throw invalidFile(file, `${field}[${rank}]: token ${quote(unknown)} is not in the vocabulary`);
  }
  return merges;
}

function pairOf(merge: JsonValue | undefined): readonly [string, string] | undefined {
  if (typeof merge === "string") {
    const space = merge.indexOf(" ", 1);
    const isPair = space > 0 && space + 1 < merge.length && merge.indexOf(" ", space + 1) === -1;
    return isPair ? [merge.slice(0, space), merge.slice(space + 1)] : undefined;
  }
  if (!Array.isArray(merge) || merge.length !== 2) return undefined;
  const [left, right] = merge;
  return typeof left === "string" && typeof right === "string" ? [left, right] : undefined;
}

/** SentencePiece makes tokens of at most 16 characters, unless told otherwise. */
const MAX_SCORED_LENGTH = 1000;

/**
 * Merges of a SentencePiece vocabulary, which has scores instead of a list: two neighbours merge if together
 * they are a token, the one with the highest score first.
 * @param scores the score of each id
 */
export function mergesFromScores(vocabulary: Vocabulary, scores: readonly number[], file: string): Merges {
  const byRank = [...new Set(scores)].sort((a, b) => b - a);
  const ranks = new Map(byRank.map((score, rank) => [score, rank]));
  const pairs: (readonly [left: number, right: number, rank: number, result: number])[] = [];
  for (const [text, id] of vocabulary.ids) {
    if (text.length > MAX_SCORED_LENGTH) {
      throw invalidFile(
        file,
        `token ${id} has ${text.length} characters, at most ${MAX_SCORED_LENGTH} are allowed`,
      );
    }
    const rank = ranks.get(scores[id] as number) as number;
    for (let split = 1; split < text.length; split++) {
      const left = vocabulary.ids.get(text.slice(0, split));
      if (left === undefined) continue;
      const right = vocabulary.ids.get(text.slice(split));
      if (right !== undefined) pairs.push([left, right, rank, id]);
    }
  }
  const merges = new Merges(pairs.length, byRank);
  for (const [left, right, rank, result] of pairs) merges.add(left, right, rank, result);
  return merges;
}

/**
 * The merges as tokenizer.json and merges.txt list them. Of merges with one score, those with a longer left
 * side go first, as in transformers' conversion of SentencePiece models. A merge is one string, which all
 * versions of tokenizers read, unless a token has a space.
 */
export function listOfMerges(merges: Merges, { texts }: Vocabulary): (string | string[])[] {
  const spelled = (id: number) => texts[id] ?? "";
  const pairs = merges
    .list()
    .map(({ left, right, rank }) => ({ rank, pair: [spelled(left), spelled(right)] as const }))
    .sort((a, b) => a.rank - b.rank || b.pair[0].length - a.pair[0].length)
    .map(({ pair }) => [...pair]);
  const isPlain = pairs.every((pair) => pair.every((token) => !token.includes(" ")));
  return isPlain ? pairs.map((pair) => pair.join(" ")) : pairs;
}
