/**
 * Standard output, which carries the product and nothing else. A write is done when the system has taken it,
 * so a slow reader slows the writer down and nothing is lost when the process ends.
 */
import { StringDecoder } from "node:string_decoder";
import { GptError } from "../../errors.ts";
import { snakeCase } from "../../files/snake-case.ts";
import { writeReason } from "../../files/write-error.ts";
import type { Paint } from "./style.ts";

/** The reader has gone, as `head` does: no error, but no reason to go on either. */
export class ReaderGone extends Error {}

/** The part of a stream that `Output` uses. A terminal has `isTTY`. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  write(data: string | Uint8Array, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: () => void): unknown;
}

export class Output {
  readonly #stream: OutputStream;
  readonly #name: string;
  readonly #decoder = new StringDecoder("utf8");
  #endsLine = true;

  /** @param name of the stream in errors */
  constructor(stream: OutputStream = process.stdout, name = "standard output") {
    this.#stream = stream;
    this.#name = name;
    stream.on("error", () => {}); // reported through the callback of the write that failed
  }

  /**
   * Writes text, or bytes of text. Control characters do not reach a terminal.
   *
   * @param paint colours for all of it
   * @throws ReaderGone, or GptError `resource` if the write fails
   */
  async write(text: string | Uint8Array, paint?: Paint): Promise<void> {
    const shown = this.#stream.isTTY ? printable(this.#decode(text)) : text;
    await this.writeStyled(paint ? paint(this.#decode(shown)) : shown);
  }

  /** Writes text with escape codes of a style. Foreign text in it must have gone through `printable`. */
  async writeStyled(text: string | Uint8Array): Promise<void> {
    if (text.length === 0) return;
    this.#endsLine = typeof text === "string" ? text.endsWith("\n") : text.at(-1) === 0x0a;
    await this.#send(text);
  }

  /** Ends the text with one line feed, unless it is empty or has one. */
  async endLine(): Promise<void> {
    if (!this.#endsLine) await this.write("\n");
  }

  /** One line of JSON; names are written as programs know them, `finishReason` as `finish_reason`. */
  async writeJson(value: object): Promise<void> {
    await this.write(`${JSON.stringify(snakeCase(value))}\n`);
  }

  #decode(text: string | Uint8Array): string {
    return typeof text === "string" ? text : this.#decoder.write(Buffer.from(text));
  }

  #send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(data, (error) => (error ? reject(refusal(this.#name, error)) : resolve()));
    });
  }
}

function refusal(name: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof GptError) return error;
  if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return new ReaderGone();
  return new GptError("resource", `cannot write to ${name}: ${writeReason(error)}`, { cause: error });
}

/**
 * Text without control characters other than line feed and tab: a model must not be able to drive a terminal.
 */
export const printable = (text: string): string => text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
