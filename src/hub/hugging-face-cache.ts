/**
 * Models in the cache of huggingface_hub: `models--ORG--NAME` holds `refs/main`, which names a commit, and
 * the files of each commit in `snapshots/COMMIT`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { GptError } from "../errors.ts";
import { referenceOf } from "./reference.ts";

const SNAPSHOTS = "snapshots";
const FOLDER = /^models--(.+)$/;

/**
 * The folder with the files of a model. For a folder `models--ORG--NAME` and for its `snapshots` it is the
 * snapshot that `refs/main` names, or the only snapshot. Any other path stays as it is.
 *
 * @throws GptError `not-found` for a folder without a snapshot, `usage` for several snapshots without
 *   `refs/main`
 */
export function snapshotOf(path: string): string {
  const whole = resolve(path);
  if (basename(whole) === SNAPSHOTS && FOLDER.test(basename(dirname(whole))))
    return inCache(path, dirname(whole));
  return FOLDER.test(basename(whole)) && !existsSync(join(path, "config.json")) ? inCache(path, path) : path;
}

function inCache(path: string, folder: string): string {
  const commits = namesIn(join(folder, SNAPSHOTS));
  const main = textOf(join(folder, "refs", "main"));
  const [commit, ...more] = main !== undefined && commits.includes(main) ? [main] : commits;
  if (commit === undefined) {
    const problem = "is a folder of the Hugging Face cache without a snapshot";
    throw new GptError("not-found", `${path}: ${problem}: ${downloadAdvice(repositoryOf(folder))}`);
  }
  if (more.length > 0) {
    const choice = `give one of them: ${join(folder, SNAPSHOTS, commit)}`;
    throw new GptError(
      "usage",
      `${path}: has ${commits.length} snapshots, and refs/main names none: ${choice}`,
    );
  }
  return join(folder, SNAPSHOTS, commit);
}

/** `ORG/NAME` of a path in a cache. Undefined for any other path. */
export function repositoryIn(path: string): string | undefined {
  const whole = resolve(path);
  const folder = basename(dirname(whole)) === SNAPSHOTS ? dirname(dirname(whole)) : whole;
  return FOLDER.test(basename(folder)) ? repositoryOf(folder) : undefined;
}

const repositoryOf = (folder: string): string =>
  (FOLDER.exec(basename(resolve(folder)))?.[1] ?? "").replace("--", "/");

/** Says how to get the model `ORG/NAME`. Undefined for a name that looks like a path. */
export function repositoryAdvice(name: string): string | undefined {
  if (referenceOf(name) === undefined || existsSync(dirname(name))) return undefined;
  return downloadAdvice(name);
}

const downloadAdvice = (name: string): string => `fetch it with gpt pull ${name}`;

/** The same rules as in huggingface_hub. */
export function cacheFolder(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = process.env;
  return HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(homeFolder(), "hub");
}

/** The folder of the hub's programs, which holds the cache and the token. */
export function homeFolder(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
}

/** The folder of a repository in the cache. */
export const repositoryFolder = (repository: string): string =>
  join(cacheFolder(), `models--${repository.replace("/", "--")}`);

/**
 * The snapshots in a folder of the cache, first the one that `refs/main` names. None for any other folder.
 */
export function snapshotsOf(folder: string): string[] {
  const main = textOf(join(folder, "refs", "main"));
  const commits = namesIn(join(folder, SNAPSHOTS));
  return commits
    .toSorted((a, b) => Number(b === main) - Number(a === main))
    .map((commit) => join(folder, SNAPSHOTS, commit));
}

/** The commits that branches and tags name. */
export function refsOf(folder: string): ReadonlyMap<string, string> {
  const refs = join(folder, "refs");
  const names = namesIn(refs, true).map((name) => name.replaceAll("\\", "/"));
  return new Map(
    names.flatMap((name) => {
      const commit = textOf(join(refs, name));
      return commit === undefined ? [] : [[name, commit] as const];
    }),
  );
}

function namesIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" }).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
