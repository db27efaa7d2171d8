/**
 * Fetches a model into the cache of huggingface_hub: blobs by their hashes, then a snapshot of links to them,
 * then the ref that names its commit. Whatever ends the work, a snapshot is whole or not there.
 */
import { existsSync, statfsSync, statSync } from "node:fs";
import { copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { GptError } from "../errors.ts";
import { lockDirectory } from "../files/locks/lock.ts";
import { writeError } from "../files/write-error.ts";
import { HubClient } from "./client.ts";
import type { HubOptions } from "./connection.ts";
import { download, INCOMPLETE } from "./download.ts";
import { repositoryFolder } from "./hugging-face-cache.ts";
import { listRepository, type RemoteFile } from "./listing.ts";
import { type HubReference, hubReference } from "./reference.ts";
import { selectFiles } from "./select-files.ts";

export interface PullOptions extends HubOptions {
  /** Gets the bytes that are there, of all that are wanted. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Pulled {
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  /** The path to load: the snapshot, or the (first) GGUF file of a quantization in it. */
  readonly path: string;
  readonly files: readonly PulledFile[];
}

export interface PulledFile extends Pick<RemoteFile, "path" | "size"> {
  /** The cache held it before. */
  readonly wasThere: boolean;
}

/** Files at a time. */
const PARALLEL = 4;

/**
 * @param name `OWNER/NAME`, `OWNER/NAME:QUANTIZATION` or `OWNER/NAME@REVISION`
 * @throws GptError `usage` for another name; `not-found` for a repository, revision, quantization or server
 *   that is not there; `invalid-file` for content with another hash; `resource` for a disk without room; the
 *   reason of an aborted signal. What was fetched until then stays, and the next pull goes on from there
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<Pulled> {
  const reference = hubReference(name);
  const stop = new AbortController();
  const signals = [stop.signal, ...(options.signal ? [options.signal] : [])];
  const client = new HubClient({ ...options, signal: AbortSignal.any(signals) });
  const { commit, files } = await listRepository(client, reference);
  const chosen = selectFiles(
    files.map(({ path }) => path),
    reference,
  );
  const wanted = files.filter(({ path }) => chosen.includes(path));
  const folder = repositoryFolder(reference.repository);
  using _ = await lockDirectory(folder);
  const blobs = join(folder, "blobs");
  await mkdir(blobs, { recursive: true }).catch((error) => {
    throw writeError(blobs, error);
  });
  const blobOf = ({ hash }: RemoteFile) => join(blobs, hash);
  const missing = uniqueBlobs(wanted.filter((file) => !isWhole(blobOf(file), file)));
  refuseFullDisk(folder, missing, blobOf);
  await fetchAll(missing, { client, reference, commit, blobOf, options, stop });
  const snapshot = join(folder, "snapshots", commit);
  for (const file of wanted) await link(join(snapshot, file.path), blobOf(file));
  await writeRef(folder, reference, commit);
  const [first] = chosen;
  return {
    repository: reference.repository,
    revision: reference.revision,
    commit,
    path: first?.endsWith(".gguf") ? join(snapshot, first) : snapshot,
    files: wanted.map((file) => ({ path: file.path, size: file.size, wasThere: !missing.includes(file) })),
  };
}

interface Work {
  readonly client: HubClient;
  readonly reference: HubReference;
  readonly commit: string;
  readonly blobOf: (file: RemoteFile) => string;
  readonly options: PullOptions;
  /** Ends all downloads once one has failed. */
  readonly stop: AbortController;
}

/** Large files go first, so that one is not left alone at the end. */
async function fetchAll(
  files: readonly RemoteFile[],
  { client, reference, commit, blobOf, options, stop }: Work,
): Promise<void> {
  const queue = files.toSorted((a, b) => b.size - a.size);
  const total = queue.reduce((sum, { size }) => sum + size, 0);
  const there = new Map<RemoteFile, number>();
  const onBytes = (file: RemoteFile) => (bytes: number) => {
    there.set(file, bytes);
    options.onProgress?.(
      [...there.values()].reduce((sum, own) => sum + own, 0),
      total,
    );
  };
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await download({ client, reference, commit, file, blob: blobOf(file), onBytes: onBytes(file) });
    }
  };
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw stop.signal.reason;
}

/** Files with the same content are one blob. */
const uniqueBlobs = (files: readonly RemoteFile[]): RemoteFile[] =>
  files.filter((file, i) => files.findIndex(({ hash }) => hash === file.hash) === i);

const isWhole = (blob: string, { size }: RemoteFile): boolean =>
  statSync(blob, { throwIfNoEntry: false })?.size === size;

function refuseFullDisk(
  folder: string,
  files: readonly RemoteFile[],
  blobOf: (file: RemoteFile) => string,
): void {
  const sizes = files.map((file) => {
    const there = statSync(blobOf(file) + INCOMPLETE, { throwIfNoEntry: false })?.size ?? 0;
    return Math.max(0, file.size - there);
  });
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = statfsSync(folder);
  if (needed <= bavail * bsize) return;
  const room = `${needed} bytes are needed, ${bavail * bsize} are free`;
  throw new GptError("resource", `${folder}: ${room}: free some, or name another disk in HF_HUB_CACHE`);
}

/** A relative link, as huggingface_hub makes it; a copy where the system has no links (Windows). */
async function link(path: string, blob: string): Promise<void> {
  if (existsSync(path)) return;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true }); // a link whose blob was missing
    await symlink(relative(dirname(path), blob), path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPERM" && error.code !== "ENOSYS") throw error;
      await copyFile(blob, path);
    });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** A commit needs no ref. */
async function writeRef(folder: string, { revision }: HubReference, commit: string): Promise<void> {
  if (revision === commit) return;
  const ref = join(folder, "refs", revision);
  try {
    await mkdir(dirname(ref), { recursive: true });
    await writeFile(`${ref}${INCOMPLETE}`, commit);
    await rename(`${ref}${INCOMPLETE}`, ref);
  } catch (error) {
    throw writeError(ref, error);
  }
}
