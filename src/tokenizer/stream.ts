/** Bytes to text as they come, without ever yielding part of a character. */

import type { Trim } from "./decoder.ts";

export class Utf8Stream {
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #trim: Trim;
  /** The number of characters that the text may still lose at its start. */
  #start: number;
  /** Characters that the text loses if it ends here. */
  #held = "";
  /** The last bytes: enough to hold the beginning of any character. */
  #tail: readonly number[] = [];

  constructor(trim: Trim) {
    this.#trim = trim;
    this.#start = trim.start;
  }

  /** Whether bytes of a character wait for the rest of it. */
  get unfinished(): boolean {
    return endsInsideCharacter(this.#tail);
  }

  push(bytes: Uint8Array): string {
    this.#tail = [...this.#tail, ...bytes.subarray(-3)].slice(-3);
    return this.#trimmed(this.#utf8.decode(bytes, { stream: true }));
  }

  /** Ends the text: U+FFFD for an unfinished character. */
  flush(): string {
    this.#tail = [];
    return this.#trimmed(this.#utf8.decode());
  }

  #trimmed(decoded: string): string {
    const { character, stop } = this.#trim;
    let text = this.#held + decoded;
    while (this.#start > 0 && text !== "") {
      const trims = text.startsWith(character);
      if (trims) text = text.slice(character.length);
      this.#start = trims ? this.#start - 1 : 0;
    }
    let end = text.length;
    for (let held = 0; held < stop && text.endsWith(character, end); held++) end -= character.length;
    this.#held = text.slice(end);
    return text.slice(0, end);
  }
}

/**
 * Whether the last bytes begin a character that more bytes could complete: a decoder that sees them waits.
 */
function endsInsideCharacter(tail: readonly number[]): boolean {
  const start = tail.findLastIndex((byte) => byte >= 0xc0);
  if (start === -1) return false;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(Uint8Array.from(tail.slice(start)), { stream: true }) === "";
}
