/** Training tokens in a file. A read takes a few of them, so that memory stays small. */

import { GptError } from "../errors.ts";
import { InputFile } from "../files/file.ts";
import { decodeHead, HEAD_SIZE, markOf, type TokenFileHead } from "./token-format.ts";

/** Consecutive tokens. */
export interface TokenRun {
  readonly ids: Int32Array;
  /** Of each token: 1 where a model learns to write it, else 0. */
  readonly learned: Uint8Array;
}

export class TokenFile implements AsyncDisposable {
  readonly head: TokenFileHead;
  readonly #file: InputFile;

  private constructor(file: InputFile, head: TokenFileHead) {
    this.#file = file;
    this.head = head;
  }

  /** @throws GptError `not-found`, or `invalid-file` for anything but a whole file of tokens */
  static async open(path: string): Promise<TokenFile> {
    const file = await InputFile.open(path);
    try {
      return new TokenFile(file, await readHead(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  /** Number of tokens. */
  get length(): number {
    return this.head.tokens;
  }

  /**
   * Reads `count` tokens from `start` on.
   * @throws GptError `invalid-file` for an id that is not in the vocabulary
   */
  async read(start: number, count: number): Promise<TokenRun> {
    const { tokenSize, marked, vocabSize } = this.head;
    if (start < 0 || start + count > this.length) {
      throw new RangeError(`tokens ${start} to ${start + count} of ${this.length}`);
    }
    const bytes = Buffer.alloc(count * tokenSize);
    await this.#file.read(HEAD_SIZE + start * tokenSize, bytes, "its tokens");
    const ids = new Int32Array(count);
    const learned = new Uint8Array(count).fill(1);
    const mark = marked ? markOf(this.head) : Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      let id = tokenSize === 2 ? bytes.readUInt16LE(2 * i) : bytes.readUInt32LE(4 * i);
      if (id >= mark) {
        id -= mark;
        learned[i] = 0;
      }
      if (id >= vocabSize) {
        throw damaged(this.path, `token ${start + i} is ${id}, expected less than ${vocabSize}`);
      }
      ids[i] = id;
    }
    return { ids, learned };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function readHead(file: InputFile): Promise<TokenFileHead> {
  const bytes = Buffer.alloc(HEAD_SIZE);
  await file.read(0, bytes, "its head");
  const head = decodeHead(bytes);
  if (head === undefined) throw damaged(file.path, "does not begin as a file of training tokens does");
  const expected = HEAD_SIZE + head.tokens * head.tokenSize;
  if (file.size === expected) return head;
  throw damaged(file.path, `has ${file.size} bytes, expected ${expected}`);
}

const damaged = (path: string, problem: string): GptError =>
  new GptError("invalid-file", `${path}: ${problem}: delete it, it is made again from the data`);
