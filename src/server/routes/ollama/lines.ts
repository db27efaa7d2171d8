/** A stream of JSON lines, as ollama's API has them: https://github.com/ollama/ollama/blob/main/docs/api.md. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { closing } from "../../http/event-stream.ts";
import { ignoredHeader } from "../../http/ignored-header.ts";

export class JsonLines {
  readonly #response: ServerResponse;

  /** @param ignored fields of the request that had no effect */
  constructor(response: ServerResponse, ignored: readonly string[]) {
    this.#response = response;
    response.writeHead(200, { "content-type": "application/x-ndjson", ...ignoredHeader(ignored) });
    response.flushHeaders();
  }

  /** Waits while the client reads more slowly than the model writes. */
  async send(value: object): Promise<void> {
    if (this.#response.destroyed || this.#response.write(`${asciiJson(value)}\n`)) return;
    const { signal, abort } = closing(this.#response);
    await once(this.#response, "drain", { signal }).catch(() => {});
    abort();
  }

  end(): void {
    this.#response.end();
  }
}

/** Clients decode each network packet by itself: a character that is cut would be lost. */
const asciiJson = (value: object): string =>
  JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
