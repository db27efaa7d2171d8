import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Output, printable, ReaderGone } from "../../../src/cli/terminal/output.ts";
import { GptError } from "../../../src/errors.ts";

/** A stream that collects what it is sent, or fails as the system does. */
class Sink extends Writable {
  readonly isTTY: boolean;
  readonly #chunks: Buffer[] = [];
  readonly #errorCode: string | undefined;

  constructor(isTTY: boolean, errorCode?: string) {
    super();
    this.isTTY = isTTY;
    this.#errorCode = errorCode;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#chunks.push(chunk);
    const code = this.#errorCode;
    done(code === undefined ? undefined : Object.assign(new Error(`${code}: cannot write`), { code }));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

describe("Output", () => {
  it("ends text with one line feed, and leaves alone what has one or is empty", async () => {
    for (const [text, expected] of [
      ["a story", "a story\n"],
      ["a story\n", "a story\n"],
      ["", ""],
    ] as const) {
      const sink = new Sink(false);
      const output = new Output(sink);
      await output.write(text);
      await output.endLine();
      expect(sink.text).toBe(expected);
    }
  });

  it("sends a pipe the exact text and a terminal no control characters", async () => {
    const text = "\x1b[2Jred\x1b]0;title\x07\u009b31m\ttab\r\nnext 🦙\n";
    const pipe = new Sink(false);
    await new Output(pipe).write(text);
    expect(pipe.text).toBe(text);
    const terminal = new Sink(true);
    await new Output(terminal).write(text);
    expect(terminal.text).toBe("[2Jred]0;title31m\ttab\nnext 🦙\n");
  });

  it("paints text after it has made it harmless", async () => {
    const paint = (text: string) => `\x1b[2m${text}\x1b[22m`;
    const terminal = new Sink(true);
    const output = new Output(terminal);
    await output.write("a\x1b[31m", paint);
    await output.writeStyled(paint("b"));
    await output.endLine();
    expect(terminal.text).toBe("\x1b[2ma[31m\x1b[22m\x1b[2mb\x1b[22m\n");
    const pipe = new Sink(false);
    await new Output(pipe).write(Buffer.from("é\0"), paint);
    expect(pipe.text).toBe("\x1b[2mé\0\x1b[22m");
  });

  it("joins the bytes of a character for a terminal", async () => {
    const terminal = new Sink(true);
    const output = new Output(terminal);
    for (const byte of Buffer.from("🦙")) await output.write(Uint8Array.of(byte));
    expect(terminal.text).toBe("🦙");
  });

  it("tells a reader that has gone from a disk that is full", async () => {
    await expect(new Output(new Sink(false, "EPIPE")).write("text")).rejects.toBeInstanceOf(ReaderGone);
    const full = new Output(new Sink(false, "ENOSPC")).write("text");
    await expect(full).rejects.toBeInstanceOf(GptError);
    await expect(full).rejects.toThrow("cannot write to standard output: there is no room on the disk");
    const closed = new Output(new Sink(false, "EBADF")).write("text");
    await expect(closed).rejects.toThrow("cannot write to standard output: it is not open for writing");
  });

  it("waits for a slow reader", async () => {
    const release: (() => void)[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void release.push(done),
    });
    let written = false;
    const writing = new Output(slow).write("text").then(() => {
      written = true;
    });
    await new Promise(setImmediate);
    expect(written).toBe(false);
    release[0]?.();
    await writing;
    expect(written).toBe(true);
  });

  it("writes JSON on one line, with the names programs know", async () => {
    const sink = new Sink(false);
    await new Output(sink).writeJson({ finishReason: "eos", timings: { loadMs: 1.5 }, ids: [1], text: null });
    expect(sink.text).toBe('{"finish_reason":"eos","timings":{"load_ms":1.5},"ids":[1],"text":null}\n');
  });
});

it("printable keeps line feeds, tabs and every script", () => {
  expect(printable("a\n\tb\0\x08\x7f\u0085 שלום 漢字 é")).toBe("a\n\tb שלום 漢字 é");
});
