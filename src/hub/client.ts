/**
 * Requests to the Hugging Face hub, or to another server that speaks its endpoints ($HF_ENDPOINT). Node's own
 * fetch follows no redirects here: the token belongs to the hub's host alone.
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { GptError } from "../errors.ts";
import { Connection, type HubOptions, TransientError } from "./connection.ts";
import { homeFolder } from "./hugging-face-cache.ts";

const ATTEMPTS = 6;
const MAX_REDIRECTS = 10;
/** A server may ask for more patience than a person has. */
const MAX_WAIT_MS = 300_000;

export class HubClient {
  readonly endpoint: URL;
  readonly #token: string | undefined;
  readonly #options: HubOptions;

  /** @throws GptError `usage` for $HF_ENDPOINT that is no address, and if $HF_HUB_OFFLINE forbids connections */
  constructor(options: HubOptions = {}) {
    if (/^(?:1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? "")) {
      throw new GptError("usage", "$HF_HUB_OFFLINE forbids connections: take it back to fetch models");
    }
    this.endpoint = endpointOf(process.env.HF_ENDPOINT || "https://huggingface.co");
    this.#token = token();
    this.#options = options;
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /** An address below the endpoint. @param path encoded */
  address(path: string): URL {
    return new URL(`${this.endpoint.pathname.replace(/\/$/, "")}${path}`, this.endpoint);
  }

  /**
   * A response that is not a redirect, whatever its status. @param headers sent to every host; `own` to the
   * endpoint's alone
   */
  async request(
    url: URL,
    headers: Readonly<Record<string, string>>,
    own: Readonly<Record<string, string>> = {},
  ): Promise<HubResponse> {
    let address = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const isOwn = address.origin === this.endpoint.origin;
      const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
      const sent = {
        "user-agent": "gpt-simd",
        "accept-encoding": "identity",
        ...headers,
        ...(isOwn && { ...own, ...authorization }),
      };
      const connection = new Connection(this.#options);
      const response = await connection.fetch(address, sent);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || response.status === 304 || location === null) {
        if (response.status === 408 || response.status === 429 || response.status >= 500) {
          await response.body?.cancel();
          connection.end();
          throw new TransientError(`${address.host} answers ${response.status}`, retryAfter(response));
        }
        return {
          status: response.status,
          headers: response.headers,
          url: address,
          chunks: () => connection.chunks(response),
        };
      }
      await response.body?.cancel();
      connection.end();
      const next = new URL(location, address);
      if (address.protocol === "https:" && next.protocol !== "https:") {
        throw new GptError(
          "not-found",
          `${address.host} redirects to ${next.protocol}//${next.host}, which is not encrypted`,
        );
      }
      address = next;
    }
    throw new GptError("not-found", `${url.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  /**
   * Repeats work that fails for a time: connections that end, 429 and 5xx.
   *
   * @param progress work that got further than the last time starts the count anew
   */
  async repeated<T>(work: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    const { retryMs = 1000, signal, onRetry } = this.#options;
    let reached = progress();
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        if (progress() > reached) [reached, attempt] = [progress(), 1];
        if (attempt === ATTEMPTS) {
          throw new GptError("not-found", `${error.message}, after ${ATTEMPTS} attempts: try again later`, {
            cause: error,
          });
        }
        const milliseconds = Math.min(error.waitMs ?? retryMs * 2 ** (attempt - 1), MAX_WAIT_MS);
        onRetry?.(error.message, milliseconds);
        await wait(milliseconds, undefined, { signal });
      }
    }
  }
}

export interface HubResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly url: URL;
  /** The body. @throws TransientError if the connection ends or stalls */
  chunks(): AsyncGenerator<Uint8Array, void, void>;
}

/** Seconds, or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new GptError("usage", `$HF_ENDPOINT is ${text}, expected an address such as https://huggingface.co`);
}

/** $HF_TOKEN, else the file that the hub's own programs write when someone logs in. */
function token(): string | undefined {
  const { HF_TOKEN, HF_TOKEN_PATH } = process.env;
  if (HF_TOKEN) return HF_TOKEN.trim();
  try {
    return readFileSync(HF_TOKEN_PATH || `${homeFolder()}/token`, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
