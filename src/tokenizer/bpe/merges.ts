import type { JsonValue } from "../../files/json.ts";
import { invalidFile } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { MAX_TOKENS, type Vocabulary } from "./vocabulary.ts";

/** A pair of tokens, and what it becomes. The lowest rank goes first; where scores made the ranks, several have one. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly rank: number;
  readonly result: number;
}

/**
 * The merges of a BPE model: which pairs of neighbouring tokens become one token, and which pair goes first.
 * An open-addressed hash table over pairs of ids, because encoding asks it for every pair it sees.
 */
export class Merges {
  /** Of each rank, in vocabularies that have scores instead of a list of merges. */
  readonly scores: readonly number[] | undefined;
  /** Of each slot: the two tokens, -1 in a free slot; their rank, and what they become. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  #size = 0;

  /**
   * @param capacity how many pairs will be added, at most
   * @param scores of each rank, where scores made the ranks
   */
  constructor(capacity: number, scores?: readonly number[]) {
    const numbers = 4 * 2 ** Math.ceil(Math.log2(2 * capacity + 2));
    this.#slots = new Int32Array(numbers).fill(-1);
    this.#mask = numbers - 1;
    this.scores = scores;
  }

  /** How many pairs merge. */
  get size(): number {
    return this.#size;
  }

  /** A pair that is already there gets the new rank. */
  add(left: number, right: number, rank: number, result: number): void {
    const slot = this.#probe(left, right);
    if (this.#slots[slot] === -1) this.#size++;
    this.#slots[slot] = left;
    this.#slots[slot + 1] = right;
    this.#slots[slot + 2] = rank;
    this.#slots[slot + 3] = result;
  }

  /** The slot of a pair; -1 for a pair that does not merge. */
  find(left: number, right: number): number {
    const slot = this.#probe(left, right);
    return this.#slots[slot] === -1 ? -1 : slot;
  }

  /** The pair with the lowest rank is merged first. */
  rank(slot: number): number {
    return this.#slots[slot + 2] as number;
  }

  /** The token that the pair becomes. */
  result(slot: number): number {
    return this.#slots[slot + 3] as number;
  }

  /** All pairs and the token that each becomes, the lowest rank first. */
  list(): Merge[] {
    const slots = this.#slots;
    const taken: number[] = [];
    for (let slot = 0; slot < slots.length; slot += 4) if (slots[slot] !== -1) taken.push(slot);
    taken.sort((a, b) => this.rank(a) - this.rank(b));
    return taken.map((slot) => ({
      left: slots[slot] as number,
      right: slots[slot + 1] as number,
      rank: this.rank(slot),
      result: this.result(slot),
    }));
  }

  /** The slot that holds the pair, or the empty one where it belongs. */
  #probe(left: number, right: number): number {
    const slots = this.#slots;
    const hash = Math.imul(left, 0x9e3779b1) + Math.imul(right, 0x85ebca6b);
    let slot = ((hash ^ (hash >>> 15)) << 2) & this.#mask;
    while (slots[slot] !== -1 && (slots[slot] !== left || slots[slot + 1] !== right)) {
      slot = (slot + 4) & this.#mask;
    }
    return slot;
  }
}

/**
 * Merges as vocabularies list them, the first come first: `"a b"`, or `["a", "b"]` for tokens with spaces.
 * @param field where the file lists them, for the error
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
    // What is in the vocabulary, but not for the model to make, is left out.
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
 * Merges of a SentencePiece vocabulary, which has scores instead of a list: two neighbours merge if together they
 * are a token, the one with the highest score first.
 * @param scores of each id
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
