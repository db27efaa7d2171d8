/** Sources of training data: files, the files of directories, matches of wild cards, standard input. */

import { createReadStream, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { GptError } from "../errors.ts";
import { fileError } from "../files/file.ts";
import { glob, isGlob } from "../files/glob.ts";

/** `json` is lines of JSON, or one array. `tsv` is CSV with tabs. */
export type SourceFormat = "text" | "json" | "csv" | "tsv";

export interface DataSource {
  /** Its path, for errors. */
  readonly name: string;
  /** Undefined if the name does not tell it. The first characters tell it then. */
  readonly format: SourceFormat | undefined;
  /** Identifies the content; undefined for a stream, which can be read once only. */
  readonly fingerprint: SourceFingerprint | undefined;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface SourceFingerprint {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Time of the last change, in milliseconds. */
  readonly modified: number;
}

const EXTENSIONS: Readonly<Record<string, SourceFormat>> = {
  ".txt": "text",
  ".jsonl": "json",
  ".ndjson": "json",
  ".json": "json",
  ".csv": "csv",
  ".tsv": "tsv",
};
/** A directory often holds a .json or a .csv that is no data, so a request has to name those. */
const IN_DIRECTORIES = [".txt", ".jsonl", ".ndjson"];

/**
 * @param places paths of files (text, unless their name ends in .jsonl, .ndjson, .json, .csv or .tsv) and
 *   directories (their .txt, .jsonl and .ndjson files, at any depth), patterns as `glob` takes them, and `-`
 *   for standard input
 * @throws GptError `not-found` for a place without data, `usage` for no places, and for `-` twice
 */
export async function findSources(
  places: readonly string[],
  standardInput: AsyncIterable<Uint8Array> = process.stdin,
): Promise<DataSource[]> {
  if (places.length === 0)
    throw new GptError("usage", "no data: name a file, a directory, or - for standard input");
  if (places.indexOf("-") !== places.lastIndexOf("-")) {
    throw new GptError("usage", "standard input (-) can be read once only");
  }
  const found = await Promise.all(
    places.map((place) => (place === "-" ? [inputSource(standardInput)] : sourcesAt(place))),
  );
  return found.flat();
}

const inputSource = (stream: AsyncIterable<Uint8Array>): DataSource => ({
  name: "standard input",
  format: undefined,
  fingerprint: undefined,
  chunks: () => stream,
});

async function sourcesAt(place: string): Promise<DataSource[]> {
  const stats = isGlob(place) ? await statOf(place).catch(() => undefined) : await statOf(place);
  if (stats?.isDirectory()) return await sourcesIn(place);
  if (stats !== undefined) return [fileSource(place, stats)];
  const paths = await glob(place);
  if (paths.length === 0) throw new GptError("not-found", `${place}: no file has such a name`);
  return (await Promise.all(paths.map(sourcesAt))).flat();
}

async function sourcesIn(directory: string): Promise<DataSource[]> {
  const names = await readdir(directory, { recursive: true }).catch((error) => {
    throw fileError(directory, "read", error);
  });
  const sources: DataSource[] = [];
  for (const name of names.sort()) {
    if (!IN_DIRECTORIES.includes(extname(name)) || /(^|[\\/])\./.test(name)) continue;
    const path = join(directory, name);
    const stats = await statOf(path);
    if (stats.isFile()) sources.push(fileSource(path, stats));
  }
  if (sources.length > 0) return sources;
  throw new GptError("not-found", `${directory}: holds no ${IN_DIRECTORIES.join(", ")} file`);
}

const statOf = (path: string): Promise<Stats> =>
  stat(path).catch((error) => {
    throw fileError(path, "opened", error);
  });

/** A file, or a pipe: `<(zcat data.txt.gz)`. */
function fileSource(path: string, stats: Stats): DataSource {
  const { size, mtimeMs: modified } = stats;
  const isFile = stats.isFile();
  return {
    name: path,
    format: isFile ? (EXTENSIONS[extname(path)] ?? "text") : undefined,
    fingerprint: isFile ? { path: resolve(path), size, modified } : undefined,
    chunks: () => readChunks(path),
  };
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw fileError(path, "read", error);
  }
}
