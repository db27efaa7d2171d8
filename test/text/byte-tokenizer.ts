/** A tokenizer for tests whose tokens are the pieces it is given: bytes, so that a character may be split. */
import type { EncodeOptions, StreamDecoder, Tokenizer } from "../../src/tokenizer/tokenizer.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

interface Special {
  readonly bosId?: number;
  readonly addBos?: boolean;
  readonly endOfTextIds?: readonly number[];
}

export class ByteTokenizer implements Tokenizer {
  readonly bosId: number | undefined;
  readonly addBos: boolean;
  readonly endOfTextIds: readonly number[];
  readonly endIds: readonly number[] = [];
  readonly #pieces: readonly Uint8Array[];

  /** @param pieces id -> text or bytes. `special` names ids that are control tokens */
  constructor(pieces: readonly (string | readonly number[])[], special: Special = {}) {
    this.#pieces = pieces.map((piece) => (typeof piece === "string" ? utf8(piece) : Uint8Array.from(piece)));
    this.bosId = special.bosId;
    this.addBos = special.addBos ?? false;
    this.endOfTextIds = special.endOfTextIds ?? [];
  }

  get startIds(): readonly number[] {
    return this.addBos && this.bosId !== undefined ? [this.bosId] : [];
  }

  get vocabSize(): number {
    return this.#pieces.length;
  }

  /** The longest piece that fits, again and again. */
  encode(text: string, { parseSpecial = false }: EncodeOptions = {}): number[] {
    const bytes = utf8(text);
    const ids: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const fits = this.#pieces
        .map((piece, id) => ({ piece, id }))
        .filter(({ piece, id }) => {
          return (parseSpecial || !this.isSpecial(id)) && piece.every((byte, i) => byte === bytes[at + i]);
        });
      const longest = fits.reduce((a, b) => (b.piece.length > a.piece.length ? b : a));
      ids.push(longest.id);
      at += longest.piece.length;
    }
    return ids;
  }

  decode(ids: Iterable<number>): string {
    const decoder = this.stream();
    return Array.from(ids, (id) => decoder.push(id)).join("") + decoder.flush();
  }

  bytes(id: number): Uint8Array {
    const piece = this.#pieces[id];
    if (piece === undefined) throw new RangeError(`no token ${id}`);
    return piece;
  }

  isSpecial(id: number): boolean {
    return id === this.bosId || this.endOfTextIds.includes(id);
  }

  controlTokenId(text: string): number | undefined {
    const id = this.#pieces.findIndex((piece) => Buffer.from(piece).toString() === text);
    return this.isSpecial(id) ? id : undefined;
  }

  stream(previous: readonly number[] = []): StreamDecoder {
    const decoder = new TextDecoder();
    let waiting = 0;
    const stream = {
      push: (id: number): string => {
        if (this.isSpecial(id)) return "";
        const bytes = this.bytes(id);
        const text = decoder.decode(bytes, { stream: true });
        waiting += bytes.length - utf8(text).length;
        return text;
      },
      get unfinished() {
        return waiting > 0;
      },
      flush: () => decoder.decode(),
    };
    for (const id of previous) stream.push(id);
    return stream;
  }
}
