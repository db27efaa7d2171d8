/**
 * Downloads a file: on from what an earlier attempt left, checked by size and hash, and under its name once
 * it is whole.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { GptError } from "../errors.ts";
import { writeError } from "../files/write-error.ts";
import type { HubClient, HubResponse } from "./client.ts";
import { TransientError } from "./connection.ts";
import { type RemoteFile, refusal } from "./listing.ts";
import type { HubReference } from "./reference.ts";

/** What a file that is not whole yet is called. huggingface_hub has the same name. */
export const INCOMPLETE = ".incomplete";

export interface DownloadRequest {
  readonly client: HubClient;
  readonly reference: HubReference;
  /** The commit of the file. */
  readonly commit: string;
  readonly file: RemoteFile;
  /** Path of the file once it is whole. Until then the name ends in `.incomplete`. */
  readonly blob: string;
  /** Gets how many bytes of the file are there. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * @throws GptError `not-found` if the server refuses, `invalid-file` for content with another hash, as
 *   `writeError`; the reason of an aborted signal
 */
export async function download(request: DownloadRequest): Promise<void> {
  const { client, file, blob } = request;
  const incomplete = blob + INCOMPLETE;
  let reached = 0;
  const onBytes = (bytes: number) => {
    reached = bytes;
    request.onBytes(bytes);
  };
  const attempt = () =>
    client.repeated(
      () => fetchRest({ ...request, onBytes }, incomplete),
      () => reached,
    );
  if ((await attempt()) !== file.hash) {
    // What an earlier attempt left may be damaged. The second attempt begins anew.
    await rm(incomplete, { force: true });
    if ((await attempt()) !== file.hash) {
      await rm(incomplete, { force: true });
      const problem = `arrived with another ${file.algorithm} than the hub names`;
      throw new GptError("invalid-file", `${file.path}: ${problem}: pull it again`);
    }
  }
  await rename(incomplete, blob).catch((error) => {
    throw writeError(blob, error);
  });
}

/** Fetches what is missing. Returns the hash of the whole. */
async function fetchRest(request: DownloadRequest, incomplete: string): Promise<string> {
  const { file, onBytes } = request;
  const blaming = (error: unknown): never => {
    throw writeError(incomplete, error);
  };
  await using handle = await open(incomplete, "a").catch(blaming);
  let size = await sizeOf(handle, file);
  let hash = newHash(file);
  if (size > 0) for await (const chunk of createReadStream(incomplete, { end: size - 1 })) hash.update(chunk);
  onBytes(size);
  if (size < file.size) {
    const response = await respond(request, size);
    if (response.status === 200 && size > 0) {
      await handle.truncate(0).catch(blaming);
      [size, hash] = [0, newHash(file)];
    } else if (response.status === 206 && !continuesAt(response, size, file)) {
      await response.chunks().return();
      await handle.truncate(0).catch(blaming);
      throw new TransientError(`${response.url.host} sends another part of ${file.path}`);
    }
    for await (const chunk of response.chunks()) {
      size += chunk.length;
      if (size > file.size) break;
      await handle.appendFile(chunk).catch(blaming);
      hash.update(chunk);
      onBytes(size);
    }
    if (size > file.size) {
      await handle.truncate(0).catch(blaming);
      throw new GptError(
        "invalid-file",
        `${file.path}: is longer than the ${file.size} bytes that the hub names`,
      );
    }
    if (size < file.size) throw new TransientError(`${response.url.host} ends ${file.path} early`);
  }
  await handle.sync().catch(blaming);
  return hash.digest("hex");
}

/** A response with the file from a byte on, or with all of it. */
async function respond(
  { client, reference, commit, file }: DownloadRequest,
  from: number,
): Promise<HubResponse> {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const url = client.address(`/${reference.repository}/resolve/${commit}/${path}`);
  // Another host stores a large file under a tag of its own: it gets the range without the condition. The
  // hash of the whole tells whether the parts belong together.
  const range = from === 0 ? {} : { range: `bytes=${from}-` };
  const condition = from === 0 ? {} : { "if-range": `"${file.hash}"` };
  const response = await client.request(url, range, condition);
  if (response.status === 200 || (response.status === 206 && from > 0)) return response;
  throw await refusal(client, response, reference);
}

/** A file that is longer than it should be is begun anew. */
async function sizeOf(handle: FileHandle, file: RemoteFile): Promise<number> {
  const { size } = await handle.stat();
  if (size <= file.size) return size;
  await handle.truncate(0);
  return 0;
}

/** `Content-Range: bytes 100-199/200`. */
function continuesAt({ headers }: HubResponse, size: number, file: RemoteFile): boolean {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  return Number(from) === size && (total === "*" || Number(total) === file.size);
}

/** Git hashes a file behind a header with its size. */
function newHash({ algorithm, size }: RemoteFile): Hash {
  return algorithm === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}
