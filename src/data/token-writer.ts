/** Writer of a file of training tokens, document by document. */

import { OutputFile } from "../files/output-file.ts";
import type { Tokenizer } from "../tokenizer/index.ts";
import type { DocumentChunk } from "./document-chunk.ts";
import { encodeHead, HEAD_SIZE, markOf, type TokenFileHead, tokenSizeFor } from "./token-format.ts";

/** Tokens of the buffer. */
const BUFFER = 2 ** 16;

export class TokenWriter implements AsyncDisposable {
  readonly #file: OutputFile;
  readonly #tokenizer: Tokenizer;
  readonly #tokenSize: 2 | 4;
  readonly #marked: boolean;
  readonly #buffer: Buffer;
  #buffered = 0;
  /** Tokens in the file. */
  #flushed = 0;
  #learned = 0;
  #documents = 0;
  #textBytes = 0;
  #isFirst = true;

  private constructor(file: OutputFile, tokenizer: Tokenizer, marked: boolean) {
    this.#file = file;
    this.#tokenizer = tokenizer;
    this.#marked = marked;
    this.#tokenSize = tokenSizeFor(tokenizer.vocabSize, marked);
    this.#buffer = Buffer.alloc(BUFFER * this.#tokenSize);
  }

  /**
   * @param marked whether some tokens may not be learned
   * @throws GptError as `writeError`
   */
  static async create(path: string, tokenizer: Tokenizer, marked: boolean): Promise<TokenWriter> {
    const file = await OutputFile.create(path);
    return new TokenWriter(file, tokenizer, marked);
  }

  /** A document that another shard writes comes before those that follow. */
  skip(): void {
    this.#isFirst = false;
  }

  /** UTF-8 bytes of all text so far. */
  get textBytes(): number {
    return this.#textBytes;
  }

  /**
   * Writes the tokens of a document. The tokenizer's begin token, if it adds one, comes before them, and the
   * end token after them. An encoder's tokenizer has tokens of its own for both (`[CLS]`, `[SEP]`). Without a
   * begin token the first document has an end token before it, so that the model has seen it as an input:
   * samples start from it (nanochat puts its begin token before every document). A chat template writes both
   * itself.
   */
  async add({ parts, starts, ends }: DocumentChunk): Promise<void> {
    const { bosId, startIds, endIds, endOfTextIds } = this.#tokenizer;
    const endId = endOfTextIds[0] ?? bosId;
    const isFirst = this.#isFirst && this.#flushed + this.#buffered === 0;
    const encoded = parts.map((part) =>
      "ids" in part ? part.ids : this.#tokenizer.encode(part.text, { parseSpecial: part.markup }),
    );
    const isTemplated = "ids" in (parts[0] ?? {});
    const isBegun = isTemplated && encoded[0]?.[0] === startIds[0];
    const isEnded = isTemplated && encoded.some((ids) => endId !== undefined && ids.includes(endId));
    if (starts && startIds.length > 0) await this.#write(isBegun ? [] : startIds, parts[0]?.learned ?? true);
    else if (starts && isFirst && endId !== undefined) await this.#write([endId], !this.#marked);
    for (const [i, { text, learned }] of parts.entries()) {
      this.#textBytes += Buffer.byteLength(text);
      await this.#write(encoded[i] ?? [], learned);
    }
    if (!ends) return;
    this.#documents++;
    const last = endIds.length > 0 || endId === undefined ? endIds : [endId];
    await this.#write(isEnded ? [] : last, parts.at(-1)?.learned ?? true);
  }

  /**
   * Completes the file. Without this call, disposal leaves everything as it was.
   *
   * @param key hash of the file's origin
   */
  async keep(key: Uint8Array): Promise<void> {
    await this.#flush();
    const head: TokenFileHead = {
      tokenSize: this.#tokenSize,
      marked: this.#marked,
      vocabSize: this.#tokenizer.vocabSize,
      tokens: this.#flushed,
      learned: this.#learned,
      documents: this.#documents,
      textBytes: this.#textBytes,
      key,
    };
    await this.#file.write(encodeHead(head), 0);
    await this.#file.keep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  async #write(ids: readonly number[], learned: boolean): Promise<void> {
    const mark = learned ? 0 : markOf({ tokenSize: this.#tokenSize });
    for (const id of ids) {
      if (this.#buffered === BUFFER) await this.#flush();
      const place = this.#buffered++ * this.#tokenSize;
      if (this.#tokenSize === 2) this.#buffer.writeUInt16LE(id + mark, place);
      else this.#buffer.writeUInt32LE(id + mark, place);
    }
    if (learned) this.#learned += ids.length;
  }

  async #flush(): Promise<void> {
    const place = HEAD_SIZE + this.#flushed * this.#tokenSize;
    await this.#file.write(this.#buffer.subarray(0, this.#buffered * this.#tokenSize), place);
    this.#flushed += this.#buffered;
    this.#buffered = 0;
  }
}
