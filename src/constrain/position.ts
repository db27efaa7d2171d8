/** Where a text stands in its grammar: which tokens may follow, what must follow, and the shortest way out. */
import { GptError } from "../errors.ts";
import { aroundControlTokens } from "./grammar/control-tokens.ts";
import type { Machine } from "./machine/machine.ts";
import type { State } from "./machine/state.ts";
import type { Masks } from "./vocabulary/masks.ts";
import { grammarBytes, type TokenBytes, type Vocabulary } from "./vocabulary/vocabulary.ts";

interface Surroundings {
  readonly machine: Machine;
  readonly tokenizer: TokenBytes & { readonly encode?: (text: string) => readonly number[] };
  readonly vocabulary: Vocabulary;
  readonly masks: Masks;
  readonly ends: readonly number[];
}

/** Bytes of a forced text that are written at once. */
const MOST_FORCED = 4096;

/** Immutable, as a cursor is. */
export class ConstraintPosition {
  readonly #around: Surroundings;
  readonly #state: State;

  constructor(around: Surroundings, state: State) {
    this.#around = around;
    this.#state = state;
  }

  /** The position after a token; undefined if it may not follow. */
  after(id: number): ConstraintPosition | undefined {
    const { machine, tokenizer, vocabulary } = this.#around;
    if (id >= vocabulary.size) return undefined;
    let state: State | null = this.#state;
    for (const byte of grammarBytes(tokenizer, id)) {
      state = machine.after(state, byte);
      if (state === null) return undefined;
    }
    return new ConstraintPosition(this.#around, state);
  }

  /** Whether the text may end here. */
  get mayEnd(): boolean {
    return this.#state.accepts;
  }

  /** Whether the text ends here: it may, and nothing can follow. */
  get complete(): boolean {
    return this.#state.accepts && this.#state.takers.length === 0;
  }

  /**
   * Takes the tokens that may not follow out of scores, one for each token of the model.
   *
   * @param ends tokens that end a text
   * @throws GptError `usage` if no token is left
   */
  narrow(scores: Float32Array | Float64Array, ends: Iterable<number>): void {
    const all = [...ends, ...this.#around.ends];
    const kept = this.mayEnd ? all.map((id) => [id, scores[id] ?? Number.NEGATIVE_INFINITY] as const) : [];
    const mask = this.#around.masks.of(this.#state);
    let count = 0;
    for (let word = 0; word * 32 < scores.length; word++) {
      const bits = mask[word] ?? 0;
      if (bits === -1 >>> 0) {
        count += 32;
        continue;
      }
      const last = Math.min(scores.length, word * 32 + 32);
      if (bits === 0) {
        scores.fill(Number.NEGATIVE_INFINITY, word * 32, last);
        continue;
      }
      for (let id = word * 32; id < last; id++) {
        if ((bits >>> (id & 31)) & 1) count++;
        else scores[id] = Number.NEGATIVE_INFINITY;
      }
    }
    for (const id of all) scores[id] = Number.NEGATIVE_INFINITY;
    for (const [id, score] of kept) scores[id] = score;
    if (count + kept.length > 0) return;
    throw new GptError(
      "usage",
      "no token of this model spells what the grammar demands next: relax the grammar",
    );
  }

  /**
   * Whether some tokens, this many at most, suffice to end the text. Also true where the vocabulary cannot spell
   * the shortest end: then there is no better way.
   */
  closesWithin(tokens: number): boolean {
    const { cost } = this.#state;
    const { spellsBytes } = this.#around.vocabulary;
    if (cost === 0 || (spellsBytes && cost <= tokens)) return true;
    const way = this.closing;
    return way === undefined || way.length <= tokens;
  }

  /** The tokens of the shortest text that ends the grammar; undefined if the vocabulary cannot spell it. */
  get closing(): readonly number[] | undefined {
    return this.#spelled(this.#shortest());
  }

  /**
   * The tokens that must follow in any case, as the tokenizer would split them. The last one is left out while
   * the grammar goes on: a longer token may take its place.
   */
  get forced(): readonly number[] {
    const { bytes, state } = this.#forcedBytes();
    if (bytes.length < 2) return [];
    const pieces = aroundControlTokens(bytes).map((piece) => this.#encoded(piece) ?? this.#spelled(piece));
    const ids = pieces.every((piece) => piece !== undefined) ? pieces.flat() : [];
    return state.accepts && state.takers.length === 0 ? ids : ids.slice(0, -1);
  }

  #forcedBytes() {
    const { machine } = this.#around;
    const bytes: number[] = [];
    let state = this.#state;
    while (!state.accepts && bytes.length < MOST_FORCED) {
      const byte = onlyByte(machine, state);
      if (byte === undefined) break;
      bytes.push(byte);
      state = machine.after(state, byte) as State;
    }
    return { bytes, state };
  }

  /** The tokenizer's own way to split bytes, if its tokens give exactly these bytes. */
  #encoded(bytes: readonly number[]): readonly number[] | undefined {
    const { tokenizer } = this.#around;
    const text = Buffer.from(bytes);
    const ids = tokenizer.encode?.(text.toString()) ?? [];
    const spelled = Buffer.concat(ids.map((id) => tokenizer.bytes(id)));
    return ids.length > 0 && spelled.equals(text) && !ids.some((id) => tokenizer.isSpecial(id))
      ? ids
      : undefined;
  }

  /** Splits bytes into the longest tokens from left to right. */
  #spelled(bytes: readonly number[]): readonly number[] | undefined {
    const ids: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const token = this.#around.vocabulary.longestToken(bytes, at);
      if (token === undefined) return undefined;
      ids.push(token.id);
      at += token.length;
    }
    return ids;
  }

  /** The shortest rest of the text; of equally short ones the first in the order of bytes. */
  #shortest(): readonly number[] {
    const { machine } = this.#around;
    const bytes: number[] = [];
    for (let state = this.#state; state.cost > 0; ) {
      const left = state.cost;
      const next = machine.tables.classes.find(
        (byte) => (machine.after(state, byte)?.cost ?? left) < left,
      ) as number;
      bytes.push(next);
      state = machine.after(state, next) as State;
    }
    return bytes;
  }
}

/** The byte that must follow; undefined if several may. */
function onlyByte(machine: Machine, state: State): number | undefined {
  const { classes, moves } = machine.tables;
  let found: number | undefined;
  for (const { node } of state.takers) {
    for (let kind = 0; kind < classes.length; kind++) {
      if ((moves[node * classes.length + kind] as number) < 0 || kind === found) continue;
      if (found !== undefined) return undefined;
      found = kind;
    }
  }
  if (found === undefined) return undefined;
  const byte = classes[found] as number;
  return (classes[found + 1] ?? 256) - byte === 1 ? byte : undefined;
}
