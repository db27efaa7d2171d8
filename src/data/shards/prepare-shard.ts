/** The block of a shard -> its parts of the files of tokens, each with its description. */
import { join } from "node:path";
import { completePart, describePart } from "../../shards/part.ts";
import type { Shard } from "../../shards/shard.ts";
import type { DataOptions } from "../data-options.ts";
import { keyOf } from "../prepare.ts";
import { documentsOfShard, TRAIN, VALID, writeTokens } from "../write-tokens.ts";

/** Digits of the key that name the run of a part. */
const DIGITS = 16;

/**
 * Tokenizes the documents of one shard. `joinTokens` makes of the parts of all the files that `prepareData`
 * writes, byte for byte. Each shard reads all the data, and tokenizes its own.
 *
 * @throws GptError as `prepareData`; `usage` for data that can be read once only
 */
export async function prepareShard(options: DataOptions, shard: Shard): Promise<void> {
  const key = keyOf(options);
  const block = await documentsOfShard(options, shard);
  const run = Buffer.from(key).toString("hex").slice(0, DIGITS);
  const part = { kind: "tokens", shard, block, run } as const;
  const paths = [TRAIN, VALID].map((name) => join(options.directory, name));
  for (const path of paths) await describePart(path, part);
  await writeTokens(options, key, block);
  for (const path of paths) await completePart(path, part);
}
