/** The tokens of a model: text <-> id. */

import { invalidFile } from "../../files/invalid-file.ts";
import { quote } from "../../files/quote.ts";

/** More tokens than any model has; below it a merge's rank and place fit one exact number (see bpe.ts). */
export const MAX_TOKENS = 2 ** 21;

export class Vocabulary {
  /** The text of each id, as the file spells it; undefined for an unused id. */
  readonly texts: (string | undefined)[];
  /** The tokens that the model makes of plain text: all but the reserved ones. */
  readonly ids = new Map<string, number>();
  /**
   * Tokens that text becomes only before the model sees it: control tokens, and words added to the
   * vocabulary.
   */
  readonly #reserved = new Map<string, number>();
  readonly #file: string;

  /** @param size one more than the largest id */
  constructor(file: string, size: number) {
    if (size === 0) throw invalidFile(file, "the vocabulary has no tokens");
    if (size > MAX_TOKENS) {
      throw invalidFile(file, `token id ${size - 1} is too large, at most ${MAX_TOKENS - 1} is allowed`);
    }
    this.#file = file;
    this.texts = new Array<string | undefined>(size);
  }

  /** One more than the largest id. */
  get size(): number {
    return this.texts.length;
  }

  /**
   * Adds a token of the model. The empty one, which files pad with, may come more than once.
   * @param field the field of the file, for the error
   */
  add(text: string, id: number, field: string): void {
    const twin = this.ids.get(text);
    if (twin !== undefined) {
      throw invalidFile(this.#file, `${field}: token ${quote(text)} has two ids, ${twin} and ${id}`);
    }
    this.#place(text, id, field);
    if (text !== "") this.ids.set(text, id);
  }

  /**
   * Adds a token that is cut out of the text before the model sees it. The model may have it, too.
   * @param special a control token: the model loses it, so that plain text does not become it
   */
  reserve(text: string, id: number, special: boolean, field: string): void {
    if (text === "") return;
    const known = this.idOf(text);
    if (known !== undefined && known !== id) {
      throw invalidFile(
        this.#file,
        `${field}: token ${quote(text)} has id ${id}, but ${known} in the vocabulary`,
      );
    }
    if (known === undefined) this.#place(text, id, field);
    else if (special) this.ids.delete(text);
    if (!this.ids.has(text)) this.#reserved.set(text, id);
  }

  idOf(text: string): number | undefined {
    return this.ids.get(text) ?? this.#reserved.get(text);
  }

  /** The ids of the byte tokens `<0x00>` ... `<0xFF>`; undefined for a byte without a token. */
  byteTokens(): (number | undefined)[] {
    const name = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    return Array.from({ length: 256 }, (_, byte) => this.idOf(name(byte)));
  }

  #place(text: string, id: number, field: string): void {
    const other = this.texts[id];
    if (other !== undefined) {
      throw invalidFile(this.#file, `${field}: id ${id} belongs to both ${quote(other)} and ${quote(text)}`);
    }
    this.texts[id] = text;
  }
}
