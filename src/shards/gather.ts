/** The parts of a run -> the file that one process alone would have written. */
import { GptError } from "../errors.ts";
import { joinAnswers } from "./join/answers.ts";
import type { Joiner } from "./join/joiner.ts";
import { joinLines } from "./join/lines.ts";
import { joinNpy } from "./join/npy.ts";
import { type Part, type PartKind, readPart, sizeOf } from "./part.ts";
import { shardName } from "./shard.ts";

/** Kinds that floors above join: they know what is in the files. */
type OwnKind = "classes" | "rewards" | "tokens";
const usual: Readonly<Record<Exclude<PartKind, OwnKind>, Joiner>> = {
  lines: joinLines,
  npy: joinNpy,
  answers: joinAnswers,
};

interface PartFile extends Part {
  readonly path: string;
}

/**
 * Checks that the parts are whole, of one run, and that none is missing or there twice, before anything is
 * read of them.
 *
 * @param paths of the parts, in any order
 * @param own joiners of the other kinds
 * @returns the bytes of the whole
 * @throws GptError `usage` for parts that do not make a whole, and as `readPart`
 */
export async function gather(
  paths: readonly string[],
  own: Readonly<Record<OwnKind, Joiner>>,
): Promise<AsyncGenerator<Uint8Array, void, void>> {
  const parts = await Promise.all(paths.map(async (path) => ({ path, ...(await readPart(path)) })));
  const [first] = parts;
  if (first === undefined) throw new GptError("usage", "which parts? gpt gather PART... -o FILE");
  for (const part of parts) refuseStranger(part, first);
  const ordered = inOrder(parts, first);
  for (const part of ordered) await refuseUnfinished(part);
  return { ...usual, ...own }[first.kind](ordered.map(({ path }) => path));
}

function refuseStranger(part: PartFile, first: PartFile): void {
  const same =
    part.kind === first.kind &&
    part.run === first.run &&
    part.shard.count === first.shard.count &&
    part.block.total === first.block.total;
  if (same) return;
  const why =
    part.shard.count === first.shard.count
      ? "it has another input or other settings"
      : `it is shard ${shardName(part.shard)}, the other ${shardName(first.shard)}`;
  throw new GptError("usage", `${part.path} is not of one run with ${first.path}: ${why}`);
}

/** One part for each shard. */
function inOrder(parts: readonly PartFile[], { shard: { count } }: PartFile): readonly PartFile[] {
  const found = new Map<number, PartFile>();
  for (const part of parts) {
    const twin = found.get(part.shard.index);
    if (twin !== undefined) {
      const shard = `are both shard ${shardName(part.shard)}`;
      throw new GptError("usage", `${twin.path} and ${part.path} ${shard}: give one of them`);
    }
    found.set(part.shard.index, part);
  }
  const missing = Array.from({ length: Math.min(count, parts.length + 1) }, (_, i) => i).find(
    (index) => !found.has(index),
  );
  if (missing === undefined) return [...found.values()].sort((a, b) => a.shard.index - b.shard.index);
  const name = shardName({ index: missing, count });
  throw new GptError("usage", `shard ${name} is missing: ${parts.length} of ${count} parts are given`);
}

async function refuseUnfinished({ path, shard, bytes }: PartFile): Promise<void> {
  const size = await sizeOf(path);
  if (bytes === undefined) {
    throw new GptError(
      "usage",
      `${path}: shard ${shardName(shard)} is not finished: run it again to its end`,
    );
  }
  if (size === bytes) return;
  throw new GptError("invalid-file", `${path}: has ${size} bytes, and had ${bytes} when it was complete`);
}
