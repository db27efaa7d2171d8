/** Documents -> files of tokens: all of them, or the block of a shard. */
import { join } from "node:path";
import { GptError } from "../errors.ts";
import { type Block, blockOf, type Shard } from "../shards/shard.ts";
import type { DataOptions } from "./data-options.ts";
import { readDocuments } from "./documents.ts";
import { chunkSizeFor, holdOut } from "./held-out.ts";
import type { DataSource } from "./sources.ts";
import { TokenWriter } from "./token-writer.ts";

export const TRAIN = "train.tokens";
export const VALID = "valid.tokens";

/** @throws GptError as `prepareData` */
export async function writeTokens(options: DataOptions, key: Uint8Array, block?: Block): Promise<void> {
  const { sources, validation = [], heldOut, tokenizer, directory } = options;
  const { dialogues, onProgress, signal } = options;
  const marked = [...sources, ...validation].some(({ format }) => format !== "text");
  await using train = await TokenWriter.create(join(directory, TRAIN), tokenizer, marked);
  await using valid = await TokenWriter.create(join(directory, VALID), tokenizer, marked);
  const { first, count } = block ?? { first: 0, count: Number.POSITIVE_INFINITY };
  let number = 0;
  const fill = async (from: readonly DataSource[], writer: () => TokenWriter) => {
    for await (const document of readDocuments(from, longestOf(options))) {
      signal?.throwIfAborted();
      const place = number++;
      if (place >= first + count) return;
      const own = writer();
      if (place < first) own.skip();
      else if ("parts" in document) await own.add(document);
      else await own.add({ parts: dialogues.partsOf(document), starts: true, ends: true });
      onProgress?.(train.textBytes + valid.textBytes);
    }
  };
  const isHeldOut = holdOut(heldOut?.fraction ?? 0, heldOut?.seed ?? 0);
  await fill(sources, () => (isHeldOut() ? valid : train));
  await fill(validation, () => valid);

  if (block === undefined && train.textBytes === 0) throw noText(sources, "to train on");
  if (block === undefined && validation.length > 0 && valid.textBytes === 0) {
    throw noText(validation, "for validation");
  }
  await train.keep(key);
  await valid.keep(key);
}

const longestOf = ({ sources, heldOut }: DataOptions): number =>
  chunkSizeFor(sources, heldOut?.fraction ?? 0);

/** The documents of a shard, or chunks of long ones. Reads all. @throws GptError as `prepareData` */
export async function documentsOfShard(options: DataOptions, shard: Shard): Promise<Block> {
  const { sources, validation = [], signal } = options;
  const stream = [...sources, ...validation].find(({ fingerprint }) => fingerprint === undefined);
  if (stream !== undefined) {
    const problem = "can be read once only, --shard reads its block of files";
    throw new GptError("usage", `${stream.name}: ${problem}: give the data as a file`);
  }
  let total = 0;
  for await (const _ of readDocuments([...sources, ...validation], longestOf(options))) {
    signal?.throwIfAborted();
    total++;
  }
  if (total === 0) throw noText(sources, "to train on");
  return blockOf(shard, total);
}

function noText(sources: readonly DataSource[], purpose: string): GptError {
  const [first = { name: "the data" }] = sources;
  const others = sources.length > 1 ? ` and ${sources.length - 1} more` : "";
  return new GptError("invalid-file", `${first.name}${others}: no text ${purpose}`);
}
