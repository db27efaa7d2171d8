/**
 * Data sets as `load_dataset` of Hugging Face's datasets downloads them: `datasets--ORG--NAME` of the cache, or
 * a folder with the files of a repository. Files tell their split and configuration by their names:
 * `CONFIG/validation-00000-of-00001.parquet`, `data/test.jsonl`.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheFolder, snapshotsOf } from "./hugging-face-cache.ts";

/** A split of a data set. */
export interface HubSplit {
  /** `ORG/NAME`. */
  readonly repository: string;
  readonly config?: string | undefined;
  readonly split: "train" | "validation" | "test" | "dev";
}

/** The folder where data sets are looked for without another wish. */
export const dataCache = (): string => cacheFolder();

const DATA = /\.(?:parquet|jsonl|ndjson|json|csv|tsv)(?:\.gz|\.bz2)?$/;
const PART = /-\d+-of-\d+$/;

/** Names that stand for a split, as the datasets library has them. */
const SPLIT_NAMES: Readonly<Record<HubSplit["split"], string>> = {
  train: "train|training",
  validation: "validation|valid|val|dev",
  test: "test|testing|eval",
  dev: "dev",
};

/** The files of a split, in their order; none if the folder does not hold it. */
export function splitFiles(folder: string, wanted: HubSplit): string[] {
  for (const root of rootsOf(folder, wanted.repository)) {
    const found = filesOfSplit(dataFilesIn(root), wanted);
    if (found.length > 0) return found.map((name) => join(root, name));
  }
  return [];
}

/** Folders that may hold the files of a repository: first its snapshots in a cache. */
function rootsOf(folder: string, repository: string): string[] {
  const cached = `datasets--${repository.replace("/", "--")}`;
  const [, name = repository] = repository.split("/");
  const isItself = basename(folder).toLowerCase() === name.toLowerCase();
  return [
    ...snapshotsOf(join(folder, cached)),
    ...snapshotsOf(join(folder, "hub", cached)),
    ...(basename(folder) === cached ? snapshotsOf(folder) : []),
    join(folder, repository),
    join(folder, name),
    ...(isItself ? [folder] : []),
  ].filter((root) => existsSync(root));
}

function dataFilesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.map((name) => name.replaceAll("\\", "/")).filter((name) => DATA.test(name));
  } catch {
    return [];
  }
}

/** Of several tables for a split the one with the shortest name: `test.jsonl` beside `test_de.jsonl`. */
function filesOfSplit(names: readonly string[], { config, split }: HubSplit): string[] {
  const pattern = new RegExp(`(?:^|[^a-z])(?:${SPLIT_NAMES[split]})(?:[^a-z]|$)`, "i");
  const stem = (name: string) => name.replace(DATA, "").replace(PART, "");
  const ofConfig = (name: string) =>
    config === undefined ||
    stem(name)
      .split(/[/]/)
      .some((part) => part === config || part.startsWith(`${config}-`));
  const found = names.filter((name) => ofConfig(name) && pattern.test(stem(name).replace(config ?? "", "")));
  const [shortest = ""] = found.map(stem).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  // A converted data set has the parts 0000, 0001 ... in the folder of the split.
  const table = shortest.replace(/\/\d{4,}$/, "/");
  return found.filter((name) => stem(name).replace(/\/\d{4,}$/, "/") === table).sort();
}
