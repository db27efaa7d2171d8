/** The block of lines of a file that is one shard's own. */
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { GptError } from "../../errors.ts";
import { countLines, type Line, splitLines } from "../../files/lines.ts";
import { type Block, blockOf, type Shard } from "../../shards/shard.ts";
import type { Source } from "./input.ts";
import { type BatchInput, FileInput, openInput } from "./line-input.ts";

/** Where lines are, and which of them are read. */
export interface LineSource extends Source {
  readonly shard?: Shard | undefined;
}

/** @throws GptError as `openInput` and `ShardInput.open` */
export async function openLines(source: LineSource): Promise<BatchInput | ShardInput> {
  const { file, shard } = source;
  return shard === undefined || file === undefined ? openInput(source) : ShardInput.open(file, shard);
}

export class ShardInput implements BatchInput {
  readonly shard: Shard;
  readonly block: Block;
  /** SHA-256 of the whole file. */
  readonly hash: string;
  readonly #file: FileInput;

  private constructor(file: FileInput, shard: Shard, total: number, hash: string) {
    this.#file = file;
    this.shard = shard;
    this.block = blockOf(shard, total);
    this.hash = hash;
  }

  /** Reads the file once. @throws GptError as `FileInput.open`; `usage` for a pipe or a device */
  static async open(path: string, shard: Shard): Promise<ShardInput> {
    const file = await FileInput.open(path);
    if (!file.stats.isFile()) {
      await file[Symbol.asyncDispose]();
      throw new GptError("usage", `${path}: is no file: --shard reads its block of a file`);
    }
    const hash = createHash("sha256");
    async function* hashed() {
      for await (const chunk of file.bytes()) {
        hash.update(chunk);
        yield chunk;
      }
    }
    const total = await countLines(hashed());
    return new ShardInput(file, shard, total, hash.digest("hex"));
  }

  get stats(): Stats {
    return this.#file.stats;
  }

  get before(): number {
    return this.block.first;
  }

  async ready(): Promise<void> {}

  async count(): Promise<number> {
    return this.block.count;
  }

  async *lines(signal: AbortSignal): AsyncGenerator<Line, void, void> {
    const { first, count } = this.block;
    let number = 0;
    if (count === 0) return;
    for await (const line of splitLines(this.#file.bytes(signal))) {
      if (number++ >= first) yield line;
      if (number === first + count) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}
