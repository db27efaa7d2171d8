/**
 * The keys of a terminal in raw mode. Keys that are typed while the model writes wait for the next reader.
 * Only Ctrl-C and Ctrl-Z act at once then.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { type Keystroke, KeystrokeReader, startBracketedPaste, stopBracketedPaste } from "./paste.ts";

const CTRL_C = "\x03";
const CTRL_Z = "\x1a";

/** To the end of the line, delete to its start, Ctrl-D. */
const LEAVE = "\x05\x15\x04";

/** Characters that are no keys of a line editor and no text either. */
const INERT = /[\x1c\x1d\x80-\x9f]/g;

/** A process that still runs after this time has no shell that could take the terminal back. */
const NOT_STOPPED_MS = 100;

export interface KeyboardListener {
  /** Ctrl-C while there is no reader. */
  interrupt(): void;
  /** The process continues after it was suspended. The screen may show anything. */
  resume(): void;
}

export class Keyboard implements Disposable {
  readonly #stdin: ReadStream;
  readonly #screen: WriteStream;
  readonly #listener: KeyboardListener;
  readonly #keystrokes = new KeystrokeReader();
  readonly #waiting: Keystroke[] = [];
  #reader: ((stroke: Keystroke) => void) | undefined;
  #handing = false;
  #resuming: NodeJS.Timeout | undefined;

  constructor(stdin: ReadStream, screen: WriteStream, listener: KeyboardListener) {
    this.#stdin = stdin;
    this.#screen = screen;
    this.#listener = listener;
    stdin.setEncoding("utf8").on("data", this.#receive).on("end", this.#hangUp).on("error", this.#hangUp);
    process.on("SIGCONT", this.#resume);
    this.#setRaw(true);
  }

  /** Passes every key from now on to this reader. */
  read(reader: ((stroke: Keystroke) => void) | undefined): void {
    this.#reader = reader;
    void this.#handOver();
  }

  /** Ctrl-Z: gives the terminal back to the shell, with the whole job, as the terminal itself would. */
  suspend(): void {
    this.#setRaw(false);
    process.kill(0, "SIGTSTP");
    this.#resuming = setTimeout(this.#resume, NOT_STOPPED_MS);
  }

  [Symbol.dispose](): void {
    this.#reader = undefined;
    clearTimeout(this.#resuming);
    process.off("SIGCONT", this.#resume);
    this.#stdin.off("data", this.#receive).off("end", this.#hangUp).off("error", this.#hangUp);
    this.#setRaw(false);
    this.#stdin.pause();
  }

  readonly #receive = (chunk: string): void => {
    for (const stroke of this.#keystrokes.push(chunk.replace(INERT, ""))) {
      const command = this.#reader || stroke.pasted ? "" : stroke.text;
      if (command === CTRL_Z) this.suspend();
      else if (command === CTRL_C) {
        this.#waiting.length = 0;
        this.#listener.interrupt();
      } else this.#waiting.push(stroke);
    }
    void this.#handOver();
  };

  /** The terminal is gone: ends the REPL. */
  readonly #hangUp = (): void => {
    this.#receive(LEAVE);
  };

  readonly #resume = (): void => {
    clearTimeout(this.#resuming);
    this.#setRaw(true);
    this.#listener.resume();
  };

  /** One by one: a key may end the reading, and a tab is completed in a later turn of the event loop. */
  async #handOver(): Promise<void> {
    if (this.#handing) return;
    this.#handing = true;
    while (this.#reader !== undefined) {
      const stroke = this.#waiting.shift();
      if (stroke === undefined) break;
      this.#reader(stroke);
      await undefined;
    }
    this.#handing = false;
  }

  #setRaw(on: boolean): void {
    if (this.#stdin.isTTY && !this.#stdin.destroyed) this.#stdin.setRawMode(on);
    this.#screen.write(on ? startBracketedPaste : stopBracketedPaste);
  }
}
