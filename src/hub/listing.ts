/** What a repository holds: the commit of a revision, and its files with their sizes and hashes. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonValue } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { HubClient, HubResponse } from "./client.ts";
import { type HubReference, MAIN } from "./reference.ts";

export interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content of a large file; of a small one the SHA-1 of git's blob. Name of its blob. */
  readonly hash: string;
  readonly algorithm: "sha256" | "git-sha1";
}

export interface Listing {
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

const MAX_FILES = 100_000;
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** @throws GptError `not-found` for a repository or revision that is missing, private or gated */
export async function listRepository(client: HubClient, reference: HubReference): Promise<Listing> {
  const { repository, revision } = reference;
  const model = `/api/models/${repository}`;
  const info = await json(
    client,
    client.address(`${model}/revision/${encodeURIComponent(revision)}`),
    reference,
  );
  const commit = isJsonObject(info.value) ? info.value.sha : undefined;
  if (typeof commit !== "string" || !/^[0-9a-f]{40,64}$/.test(commit))
    throw unusual(client, "names no commit");
  const files: RemoteFile[] = [];
  let next: URL | undefined = client.address(`${model}/tree/${commit}?recursive=true`);
  while (next !== undefined) {
    const page: Page = await json(client, next, reference);
    if (!Array.isArray(page.value)) throw unusual(client, "lists no files");
    for (const entry of page.value) files.push(...fileOf(client, entry));
    if (files.length > MAX_FILES) throw unusual(client, `lists more than ${MAX_FILES} files`);
    next = nextPage(client, page.response);
  }
  return { commit, files };
}

interface Page {
  readonly value: JsonValue;
  readonly response: HubResponse;
}

const json = (client: HubClient, url: URL, reference: HubReference): Promise<Page> =>
  client.repeated(async () => {
    const response = await client.request(url, { accept: "application/json" });
    if (response.status !== 200) throw await refusal(client, response, reference);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.chunks()) {
      parts.push(chunk);
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw unusual(client, "sends an endless list");
    }
    try {
      return { value: JSON.parse(Buffer.concat(parts).toString("utf8")) as JsonValue, response };
    } catch {
      throw unusual(client, "sends no JSON");
    }
  });

/** Why the server refuses, and what helps. */
export async function refusal(
  client: HubClient,
  response: HubResponse,
  reference: HubReference,
): Promise<GptError> {
  await response.chunks().return();
  const { repository, revision } = reference;
  const code = response.headers.get("x-error-code") ?? "";
  const page = client.address(`/${repository}`).href;
  const fail = (problem: string) => new GptError("not-found", `${repository}: ${problem}`);
  const login = client.hasToken ? "your token does not reach it" : "set HF_TOKEN to a token that may read it";
  if (code === "GatedRepo") return fail(`is gated: accept its terms at ${page}, and ${login}`);
  if (code === "RevisionNotFound") return fail(`has no revision ${quote(revision)}`);
  if (code === "EntryNotFound") return fail("lists a file that it does not hold: try again later");
  const missing = `is not there, or private: look for its name at ${client.endpoint.host}, or ${login}`;
  switch (response.status) {
    case 401:
      return fail(missing);
    case 403:
      return fail(`may not be read: accept its terms at ${page}, and ${login}`);
    case 404:
      return fail(revision === MAIN ? missing : `is not there, or has no revision ${quote(revision)}`);
    default:
      return fail(`${response.url.host} answers ${response.status}`);
  }
}

function fileOf(client: HubClient, entry: JsonValue): RemoteFile[] {
  if (!isJsonObject(entry) || entry.type !== "file") return [];
  const { path, size, oid, lfs } = entry;
  if (typeof path !== "string" || !isInside(path)) throw unusual(client, `lists the path ${quote(path)}`);
  const large = isJsonObject(lfs) ? lfs : undefined;
  const [hash, bytes, algorithm] = large
    ? ([large.oid ?? large.sha256, large.size ?? size, "sha256"] as const)
    : ([oid, size, "git-sha1"] as const);
  const digits = algorithm === "sha256" ? 64 : 40;
  const isHash = typeof hash === "string" && hash.length === digits && /^[0-9a-f]+$/.test(hash);
  if (!isHash || typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw unusual(client, `has no size or hash of ${quote(path)}`);
  }
  return [{ path, size: bytes, hash, algorithm }];
}

/** No path of a listing leads out of its folder. */
const isInside = (path: string): boolean =>
  !/[\\:\p{Cc}]/u.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** `Link: <URL>; rel="next"`, on the same host. */
function nextPage(client: HubClient, { headers, url }: HubResponse): URL | undefined {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  if (link === undefined) return undefined;
  const next = new URL(link, url);
  if (next.origin !== client.endpoint.origin) throw unusual(client, `continues its list at ${next.host}`);
  return next;
}

const unusual = (client: HubClient, problem: string): GptError =>
  new GptError(
    "invalid-file",
    `${client.endpoint.host} ${problem}: it does not speak as the Hugging Face hub`,
  );
