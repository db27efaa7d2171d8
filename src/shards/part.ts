/**
 * What a file of results is a part of. The description stands beside the file, in FILE.shard: the file itself
 * holds the bytes that one process alone would have written there.
 */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { GptError } from "../errors.ts";
import { fileError } from "../files/file.ts";
import { JsonFields } from "../files/json-fields.ts";
import { writeFile } from "../files/output-file.ts";
import { type Block, type Shard, shardName } from "./shard.ts";

/** What a file holds, and so how parts are joined. */
const KINDS = ["lines", "npy", "answers", "classes", "rewards", "tokens"] as const;
export type PartKind = (typeof KINDS)[number];

export interface Part {
  readonly kind: PartKind;
  readonly shard: Shard;
  readonly block: Block;
  /** A name for input and settings: parts of one run share it. */
  readonly run: string;
  /** Bytes of the complete file; undefined until then. */
  readonly bytes?: number | undefined;
}

const placeOf = (path: string): string => `${path}.shard`;

/** @param path of the results. @throws GptError as `writeFile` */
export const describePart = (path: string, part: Part): Promise<void> =>
  writeFile(placeOf(path), `${JSON.stringify(part)}\n`);

/** Says that a file is complete. @throws GptError as `writeFile` */
export async function completePart(path: string, part: Part): Promise<void> {
  await describePart(path, { ...part, bytes: await sizeOf(path) });
}

/** @throws GptError `not-found` for a file that is not there */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw fileError(path, "read", error);
  }
}

/** @throws GptError `not-found` without a description, `invalid-file` for one that is none */
export async function readPart(path: string): Promise<Part> {
  await sizeOf(path);
  if (!existsSync(placeOf(path))) {
    const reason = "it was written without --shard, or to standard output";
    throw new GptError("not-found", `${path}: has no description ${placeOf(path)}: ${reason}`);
  }
  const fields = await JsonFields.read(placeOf(path));
  const [shard, block] = [fields.object("shard"), fields.object("block")];
  const kind = KINDS.find((name) => name === fields.get("kind")) ?? fields.fail("kind", KINDS.join(", "));
  const part = {
    kind,
    shard: { index: shard.count("index"), count: shard.count("count") },
    block: { first: block.count("first"), count: block.count("count"), total: block.count("total") },
    run: fields.string("run"),
  };
  if (part.shard.index >= part.shard.count) shard.fail("index", "one below the count");
  return fields.get("bytes") === undefined ? part : { ...part, bytes: fields.count("bytes") };
}

/** For a run that goes on. @throws GptError `usage` for a file with another part, and as `readPart` */
export async function refuseOtherPart(path: string, part: Part): Promise<void> {
  const known = await readPart(path);
  const isSame = JSON.stringify({ ...known, bytes: 0 }) === JSON.stringify({ ...part, bytes: 0 });
  if (isSame) return;
  const [held, asked] = [shardName(known.shard), shardName(part.shard)];
  const problem = held === asked ? "is of other settings or another input" : `is shard ${held}, not ${asked}`;
  throw new GptError("usage", `${path}: ${problem}: go on with its own run, or choose another name`);
}
