import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream } from "../../../src/server/http/event-stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Response extends EventEmitter {
  readonly written: string[] = [];
  writeHead = () => this;
  flushHeaders = () => {};
  write(text: string): boolean {
    this.written.push(text);
    return true;
  }
  end(): void {
    this.emit("close");
  }
}

describe("a stream of events", () => {
  it("has a comment after each ten seconds of silence, until it ends", async () => {
    const response = new Response();
    const events = new EventStream(response as unknown as ServerResponse);
    vi.advanceTimersByTime(9_000);
    await events.send({ a: 1 }, "name");
    vi.advanceTimersByTime(9_000);
    expect(response.written).toEqual(['event: name\ndata: {"a":1}\n\n']);
    vi.advanceTimersByTime(11_000);
    expect(response.written.slice(1)).toEqual([": ping\n\n", ": ping\n\n"]);
    await events.end("[DONE]");
    vi.advanceTimersByTime(60_000);
    expect(response.written.slice(3)).toEqual(["data: [DONE]\n\n"]);
  });
});
