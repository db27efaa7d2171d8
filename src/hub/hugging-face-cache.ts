/**
 * Models in the cache of huggingface_hub: `models--ORG--NAME` holds `refs/main`, which names a commit, and
 * the files of each commit in `snapshots/COMMIT`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { GptError } from "../errors.ts";

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

/** Says how to get the model `ORG/NAME` from Hugging Face. Undefined for a name that looks like a path. */
export function repositoryAdvice(name: string): string | undefined {
  if (!/^[\w-][\w.-]*\/[\w.-]+$/.test(name) || name.endsWith(".gguf")) return undefined;
  if (existsSync(dirname(name))) return undefined;
  const cached = join(cacheFolder(), `models--${name.replace("/", "--")}`);
  return existsSync(cached) ? `it is in the Hugging Face cache: give ${cached}` : downloadAdvice(name);
}

const downloadAdvice = (repository: string): string => {
  const folder = repository.replace(/.*\//, "");
  return `fetch it from Hugging Face with hf download ${repository} --local-dir ${folder}, then give ${folder}`;
};

/** The same rules as in huggingface_hub. */
export function cacheFolder(): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const caches = XDG_CACHE_HOME || join(homedir(), ".cache");
  return HF_HUB_CACHE || join(HF_HOME || join(caches, "huggingface"), "hub");
}

/** The snapshots in a folder of the cache, first the one that `refs/main` names. None for any other folder. */
export function snapshotsOf(folder: string): string[] {
  const main = textOf(join(folder, "refs", "main"));
  const commits = namesIn(join(folder, SNAPSHOTS));
  return commits
    .toSorted((a, b) => Number(b === main) - Number(a === main))
    .map((commit) => join(folder, SNAPSHOTS, commit));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
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
