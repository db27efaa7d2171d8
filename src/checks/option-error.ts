/** Errors that name options. A program with other names for them, such as flags, puts its own names in. */
import { type ErrorCode, GptError } from "../errors.ts";

/** An option's name stands between two characters of private use, which no message has otherwise. */
const [BEGIN, END] = ["\ue000", "\ue001"];
const MARKED = new RegExp(`${BEGIN}([^${END}]*)${END}`, "g");

/** An option's name in the text of an `OptionError`. */
export const optionNamed = (name: string): string => `${BEGIN}${name}${END}`;

export class OptionError extends GptError {
  readonly #text: string;

  /** @param text with options as `optionNamed` gives them; the message has the library's names */
  constructor(code: ErrorCode, text: string, options?: ErrorOptions) {
    super(code, text.replace(MARKED, "$1"), options);
    this.#text = text;
  }

  /** The message in which each option has the name that `spell` gives it. */
  spelled(spell: (option: string) => string): string {
    return this.#text.replace(MARKED, (_, name: string) => spell(name));
  }
}
