/** Flags of a run that several processes share. */
import { createHash } from "node:crypto";
import { parseShard } from "../../shards/parse-shard.ts";
import type { Shard } from "../../shards/shard.ts";
import type { Conflict } from "./conflicts.ts";
import { flagGroup, value } from "./flags.ts";

/** Whatever started the process says which shard it is. */
export const shard = (text: string): Shard => parseShard(text, process.env);

export const shardFlags = flagGroup("Input:", {
  shard: value(
    shard,
    "I/N: only the I-th of N blocks of lines, items or windows; gpt gather joins the files; auto: as Slurm, Kubernetes or MPI say",
    { inherited: false },
  ),
});

interface Sharded {
  readonly shard?: Shard | undefined;
  readonly lines?: boolean | undefined;
  readonly jsonl?: boolean | undefined;
  readonly file?: string | undefined;
}

export const shardConflicts = ({ shard, lines, jsonl, file }: Sharded): readonly Conflict[] => [
  {
    holds: shard !== undefined && !lines && !jsonl,
    flags: ["shard"],
    problem: "--shard is for many lines: give --lines or --jsonl too",
  },
  {
    holds: shard !== undefined && (lines || jsonl) && (file === undefined || file === "-"),
    flags: ["shard"],
    problem: "--shard reads its block of a file, which all processes see: name it with --file",
  },
];

/** Flags that say where and how fast a run is, not what it makes. */
const PLACES = new Set([
  "shard",
  "output",
  "resume",
  "npy",
  "file",
  "threads",
  "parallel",
  "quiet",
  "verbose",
]);

/**
 * A name for what a run makes: hexadecimal digits of its flags and of what it reads.
 *
 * @param input a hash of what it reads
 */
export function runName(verb: string, flags: object, input: string): string {
  const settings = Object.entries(flags)
    .filter(([name, given]) => given !== undefined && !PLACES.has(name))
    .map(([name, given]) => `${name}:${JSON.stringify(given instanceof Map ? [...given] : given)}`)
    .sort();
  return createHash("sha256")
    .update([verb, input, ...settings].join("\n"))
    .digest("hex")
    .slice(0, DIGITS);
}

/** Equal by chance once in 2^64. */
const DIGITS = 16;
