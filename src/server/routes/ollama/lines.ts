/** A stream of JSON lines, as ollama's API has them: https://github.com/ollama/ollama/blob/main/docs/api.md. */
import type { ServerResponse } from "node:http";
import { write } from "../../http/connection.ts";
import { ignoredHeader } from "../../http/ignored-header.ts";

export class JsonLines {
  readonly #response: ServerResponse;

  /** @param ignored fields of the request that had no effect */
  constructor(response: ServerResponse, ignored: readonly string[]) {
    this.#response = response;
    response.writeHead(200, { "content-type": "application/x-ndjson", ...ignoredHeader(ignored) });
    response.flushHeaders();
  }

  send(value: object): Promise<void> {
    return write(this.#response, `${asciiJson(value)}\n`);
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
