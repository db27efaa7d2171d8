/**
 * Input of a terminal -> keys and pastes. In bracketed paste mode (xterm) a pasted text stands between two
 * marks, which tell its line feeds from the Enter key.
 */
const BEGIN = "\x1b[200~";
const END = "\x1b[201~";

export const startBracketedPaste = "\x1b[?2004h";
export const stopBracketedPaste = "\x1b[?2004l";

export interface Keystroke {
  /** A character, a part of an escape sequence, or a whole pasted text. */
  readonly text: string;
  readonly pasted: boolean;
}

/** Reads chunks that may end anywhere. */
export class KeystrokeReader {
  #pasting = false;
  /** Pasted so far, or the beginning of a mark. */
  #held = "";

  /** Returns the keystrokes that are complete. */
  push(chunk: string): Keystroke[] {
    const strokes: Keystroke[] = [];
    let rest = this.#held + chunk;
    this.#held = "";
    for (;;) {
      const mark = this.#pasting ? END : BEGIN;
      const at = rest.indexOf(mark);
      if (at < 0) break;
      strokes.push(...this.#strokes(rest.slice(0, at)));
      rest = rest.slice(at + mark.length);
      this.#pasting = !this.#pasting;
    }
    if (this.#pasting) {
      this.#held = rest;
      return strokes;
    }
    // An escape alone is a key. A longer beginning of a mark is no key: a terminal sent a part of the mark.
    const split = /\x1b\[20?0?$/.exec(rest)?.index ?? rest.length;
    this.#held = rest.slice(split);
    return [...strokes, ...this.#strokes(rest.slice(0, split))];
  }

  #strokes(text: string): Keystroke[] {
    if (this.#pasting) return [{ text, pasted: true }];
    return Array.from(text, (character) => ({ text: character, pasted: false }));
  }
}
