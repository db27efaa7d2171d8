/**
 * A cache of the tokens of pieces, because texts repeat their words. A piece is looked up in its text,
 * without a copy. The cache keeps no text alive.
 */

/** Bounds on the contents. The cache is emptied before it exceeds one. */
const PIECES = 2 ** 16;
const CHARACTERS = 2 ** 20;
const TOKENS = 2 ** 20;
/** The length of the longest piece that is kept. */
const LENGTH = 64;

/** Slots of an open-addressed hash table, of four numbers each: see `#slots`. */
const SLOTS = 2 * PIECES;

export class PieceCache {
  /**
   * The start and the number of a piece's characters, 0 in a free slot; then the start and the number of its
   * tokens.
   */
  readonly #slots = new Int32Array(4 * SLOTS);
  readonly #characters = new Uint16Array(CHARACTERS);
  readonly #tokens = new Int32Array(TOKENS);
  #pieces = 0;
  #charactersEnd = 0;
  #tokensEnd = 0;

  /** Appends the tokens of the piece of `text` from `start` up to `end`; false for one that is not known. */
  recall(text: string, start: number, end: number, ids: number[]): boolean {
    if (end - start > LENGTH) return false;
    const slots = this.#slots;
    const slot = this.#find(text, start, end);
    if (slots[slot + 1] === 0) return false;
    let token = slots[slot + 2] as number;
    for (let left = slots[slot + 3] as number; left > 0; left--) ids.push(this.#tokens[token++] as number);
    return true;
  }

  /** Keeps the tokens of a piece that is not known, unless it is long. */
  remember(piece: string, tokens: readonly number[]): void {
    if (piece.length > LENGTH || tokens.length > TOKENS) return;
    const isFull =
      this.#pieces === PIECES ||
      this.#charactersEnd + piece.length > CHARACTERS ||
      this.#tokensEnd + tokens.length > TOKENS;
    if (isFull) this.#forget();
    const slot = this.#find(piece, 0, piece.length);
    this.#slots.set([this.#charactersEnd, piece.length, this.#tokensEnd, tokens.length], slot);
    for (let i = 0; i < piece.length; i++) this.#characters[this.#charactersEnd++] = piece.charCodeAt(i);
    this.#tokens.set(tokens, this.#tokensEnd);
    this.#tokensEnd += tokens.length;
    this.#pieces++;
  }

  /** The slot that holds the piece, or the free slot for it. */
  #find(text: string, start: number, end: number): number {
    const slots = this.#slots;
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1);
    let slot = ((hash ^ (hash >>> 15)) & (SLOTS - 1)) << 2;
    while (slots[slot + 1] !== 0 && !this.#holds(slot, text, start, end)) slot = (slot + 4) & (4 * SLOTS - 1);
    return slot;
  }

  #holds(slot: number, text: string, start: number, end: number): boolean {
    if (this.#slots[slot + 1] !== end - start) return false;
    let character = this.#slots[slot] as number;
    for (let i = start; i < end; i++) {
      if (this.#characters[character++] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #forget(): void {
    this.#slots.fill(0);
    this.#pieces = 0;
    this.#charactersEnd = 0;
    this.#tokensEnd = 0;
  }
}
