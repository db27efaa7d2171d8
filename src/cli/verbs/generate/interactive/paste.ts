/**
 * What a terminal sends -> keys and pastes. In bracketed paste mode (xterm) a pasted text stands between two marks, so
 * that its line feeds can be told from the Enter key.
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

  /** Returns what is complete. */
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
    // An escape alone is a key that people press; what goes on like a mark comes from no keyboard in two parts.
    const split = /\x1b\[20?0?$/.exec(rest)?.index ?? rest.length;
    this.#held = rest.slice(split);
    return [...strokes, ...this.#strokes(rest.slice(0, split))];
  }

  #strokes(text: string): Keystroke[] {
    if (this.#pasting) return [{ text, pasted: true }];
    return Array.from(text, (character) => ({ text: character, pasted: false }));
  }
}
