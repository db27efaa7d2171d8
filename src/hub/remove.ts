/** Removes models from the Hugging Face cache. Blobs that another snapshot links to stay. */
import { existsSync, lstatSync, readdirSync, realpathSync, rmdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { closest } from "../checks/closest.ts";
import { GptError } from "../errors.ts";
import { lockDirectory } from "../files/locks/lock.ts";
import { writeError } from "../files/write-error.ts";
import { filesIn, repositories } from "./cached-models.ts";
import { refsOf, repositoryFolder, snapshotsOf } from "./hugging-face-cache.ts";
import { hubReference, MAIN, spelled } from "./reference.ts";
import { ggufFiles } from "./select-files.ts";

export interface Removed {
  readonly name: string;
  /** Files of the snapshots, each with its commit. */
  readonly files: readonly string[];
  /** Bytes of blobs that nothing links to any more. */
  readonly freedBytes: number;
}

/**
 * @param name `OWNER/NAME` for all of it, `OWNER/NAME:QUANTIZATION` for a GGUF file, `OWNER/NAME@REVISION`
 *   for a snapshot
 * @param dryRun only tells what would be removed
 * @throws GptError `usage` for another name, and while a pull fetches the repository; `not-found` for what
 *   the cache does not hold
 */
export async function removeModel(name: string, dryRun = false): Promise<Removed> {
  const reference = hubReference(name);
  const { repository, revision, quantization } = reference;
  const folder = repositoryFolder(repository);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw notCached(repository);
  using _ = await lockDirectory(folder);
  const snapshots = snapshotsOf(folder);
  const commit = refsOf(folder).get(revision) ?? revision;
  const isWhole = revision === MAIN && quantization === undefined;
  const chosen = revision === MAIN ? snapshots : snapshots.filter((path) => basename(path) === commit);
  const doomed = chosen.flatMap((snapshot) => {
    const files = filesIn(snapshot);
    if (quantization === undefined) return files.map((file) => join(snapshot, file));
    if (!files.some((file) => file.endsWith(".gguf"))) return [];
    return ggufFiles(files, reference).map((file) => join(snapshot, file));
  });
  if (doomed.length === 0 && !isWhole) {
    throw new GptError("not-found", `${spelled(reference)} is not in the Hugging Face cache`);
  }
  const kept = snapshots.flatMap((path) => filesIn(path).map((file) => join(path, file)));
  const needed = new Set(kept.filter((path) => !doomed.includes(path)).map((path) => realpathSync(path)));
  const blobs = isWhole ? blobsOf(folder) : [...new Set(doomed.map((path) => realpathSync(path)))];
  const freed = blobs.filter((blob) => !needed.has(blob));
  const freedBytes = freed.reduce((sum, blob) => sum + lstatSync(blob).size, 0);
  const files = doomed.map((path) => path.slice(join(folder, "snapshots").length + 1).replaceAll("\\", "/"));
  if (!dryRun) remove(folder, isWhole ? undefined : [...doomed, ...freed], quantization ? [] : chosen);
  return { name: spelled(reference), files, freedBytes };
}

/** @param files undefined for the whole folder */
function remove(folder: string, files: readonly string[] | undefined, snapshots: readonly string[]): void {
  try {
    if (files === undefined) {
      rmSync(folder, { recursive: true });
      return;
    }
    for (const file of files) {
      rmSync(file, { force: true });
      removeEmpty(dirname(file), folder);
    }
    const gone = new Set(snapshots.map((path) => basename(path)));
    for (const [ref, commit] of refsOf(folder)) if (gone.has(commit)) rmSync(join(folder, "refs", ref));
    if (snapshotsOf(folder).length === 0) rmSync(folder, { recursive: true });
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** Removes a folder and those around it up to `end`, as far as they are empty. */
function removeEmpty(folder: string, end: string): void {
  const isEmpty = (path: string) => existsSync(path) && readdirSync(path).length === 0;
  for (let path = folder; path !== end && isEmpty(path); path = dirname(path)) rmdirSync(path);
}

/** Whole and incomplete ones. */
function blobsOf(folder: string): string[] {
  const blobs = join(folder, "blobs");
  return filesIn(blobs).map((name) => realpathSync(join(blobs, name)));
}

function notCached(repository: string): GptError {
  const near = closest(repository, repositories());
  const advice = near === undefined ? "gpt models lists what is there" : `did you mean ${near}?`;
  return new GptError("not-found", `${repository} is not in the Hugging Face cache: ${advice}`);
}
