/**
 * A reply of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. The headers
 * go out at once, and a comment every ten seconds of silence: clients give up on a connection that says
 * nothing.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
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

  /** Waits while the client reads more slowly than the model writes. */
  async send(data: object, event?: string): Promise<void> {
    await this.#write(`${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`);
  }

  /** @param last data, such as [DONE] */
  async end(last?: string): Promise<void> {
    if (last !== undefined) await this.#write(`data: ${last}\n\n`);
    clearInterval(this.#ping);
    this.#response.end();
  }

  async #write(frame: string): Promise<void> {
    if (this.#response.destroyed) return;
    this.#ping.refresh();
    if (this.#response.write(frame)) return;
    const { signal, abort } = closing(this.#response);
    await once(this.#response, "drain", { signal }).catch(() => {});
    abort();
  }
}

/** A signal that is aborted when the connection closes. */
export function closing(response: ServerResponse): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  response.once("close", abort);
  return { signal: controller.signal, abort: () => response.off("close", abort) };
}
