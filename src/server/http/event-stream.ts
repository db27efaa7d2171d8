/**
 * A reply of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. The headers
 * go out at once, and a comment every ten seconds of silence: clients give up on a connection that says
 * nothing.
 */
import type { ServerResponse } from "node:http";
import { write } from "./connection.ts";
import { ignoredHeader } from "./ignored-header.ts";

const PING_MS = 10_000;

export class EventStream {
  readonly #response: ServerResponse;
  readonly #ping: NodeJS.Timeout;

  /** @param ignored fields of the request that had no effect */
  constructor(response: ServerResponse, ignored: readonly string[] = []) {
    this.#response = response;
    response.writeHead(200, {
      ...ignoredHeader(ignored),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    this.#ping = setInterval(() => response.write(": ping\n\n"), PING_MS);
    response.once("close", () => clearInterval(this.#ping));
  }

  /** @param event its name, for clients that look at it */
  send(data: object, event?: string): Promise<void> {
    return this.#write(JSON.stringify(data), event);
  }

  /** @param last data, such as [DONE] */
  async end(last?: string): Promise<void> {
    if (last !== undefined) await this.#write(last);
    clearInterval(this.#ping);
    this.#response.end();
  }

  #write(data: string, event?: string): Promise<void> {
    this.#ping.refresh();
    const name = event === undefined ? "" : `event: ${event}\n`;
    return write(this.#response, `${name}data: ${data}\n\n`);
  }
}
