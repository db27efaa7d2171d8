/** A stream of text -> its documents, which `<|endoftext|>` separates. */

import type { DocumentChunk } from "./document-chunk.ts";

const SEPARATOR = "<|endoftext|>";
/** UTF-16 units of a chunk. Longer documents come in several. */
export const LONGEST_CHUNK = 2 ** 15;
/** Share of a chunk, at its end, in which the splitter looks for a place to cut. */
const REACH = 1 / 8;

/**
 * Yields all documents that are not blank. A line break on either side of a separator belongs to the
 * separator. A long document is cut between a word and the white space after it, where all pre-tokenizers
 * cut, too.
 *
 * @param longest UTF-16 units of a chunk
 */
export async function* splitDocuments(
  texts: AsyncIterable<string>,
  longest: number,
): AsyncGenerator<DocumentChunk, void, void> {
  const splitter = new DocumentSplitter(longest);
  for await (const text of texts) yield* splitter.add(text);
  yield* splitter.end();
}

class DocumentSplitter {
  readonly #longest: number;
  /** Text that is not yielded yet. */
  #text = "";
  #isFirst = true;
  /** Whether a document starts with the text. */
  #starts = true;

  constructor(longest: number) {
    this.#longest = longest;
  }

  *add(text: string): Generator<DocumentChunk, void, void> {
    this.#text += text;
    for (;;) {
      const end = this.#text.indexOf(SEPARATOR);
      const length = end < 0 ? this.#text.length - SEPARATOR.length : end;
      if (length > this.#longest) yield this.#take(cutPlace(this.#text, this.#longest), false);
      else if (end < 0) return;
      else yield* this.#document(end);
    }
  }

  /** The last document needs no separator after it. */
  *end(): Generator<DocumentChunk, void, void> {
    if (!this.#starts || this.#text.trim() !== "") yield this.#take(this.#text.length, true);
  }

  /** The rest of a document, up to the separator at `end`. */
  *#document(end: number): Generator<DocumentChunk, void, void> {
    const last = this.#text.slice(0, end).replace(/\r?\n$/, "");
    if (!this.#starts || last.trim() !== "") yield this.#take(last.length, true);
    this.#text = this.#text.slice(this.#text.indexOf(SEPARATOR) + SEPARATOR.length);
    this.#isFirst = false;
    this.#starts = true;
  }

  #take(length: number, ends: boolean): DocumentChunk {
    const starts = this.#starts;
    const taken = this.#text.slice(0, length);
    const text = starts && !this.#isFirst ? taken.replace(/^\r?\n/, "") : taken;
    this.#text = this.#text.slice(length);
    this.#starts = false;
    return { parts: [{ text, learned: true, markup: false }], starts, ends };
  }
}

/** The last place between a letter and a space or line feed; else a place between two characters. */
function cutPlace(text: string, longest: number): number {
  for (let place = longest; place > longest * (1 - REACH); place--) {
    const isSpace = text[place] === " " || text[place] === "\n";
    if (isSpace && /\p{L}/u.test(text[place - 1] ?? "")) return place;
  }
  return (text.codePointAt(longest - 1) ?? 0) > 0xffff ? longest - 1 : longest;
}
