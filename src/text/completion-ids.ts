/** The ids of prompts and completions, as models learn from them and are asked about them. */
import { GptError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { textIds } from "./text-ids.ts";

/** Ids of a prompt, and of completions of it. */
export class PromptIds {
  readonly prompt: readonly number[];
  readonly #tokenizer: Tokenizer;
  readonly #text: string;
  readonly #place: string;

  /** @param place of the prompt, for errors */
  constructor(tokenizer: Tokenizer, text: string, place: string) {
    this.#tokenizer = tokenizer;
    this.#text = text;
    this.#place = place;
    const ids = textIds(tokenizer, text);
    const begin = tokenizer.bosId ?? tokenizer.endOfTextIds[0];
    this.prompt = ids.length === 0 && begin !== undefined ? [begin] : ids;
  }

  /**
   * The ids of the text that follow those of the prompt, and the one that ends a text.
   *
   * @throws GptError `invalid-file` if prompt and completion share a token
   */
  completion(text: string): number[] {
    const isAlone = this.#text === "";
    const whole = isAlone
      ? [...this.prompt, ...this.#tokenizer.encode(text)]
      : textIds(this.#tokenizer, this.#text + text);
    const stray = this.prompt.findIndex((id, i) => whole[i] !== id);
    if (stray >= 0) {
      const problem = "the last token of the prompt reaches into the completion";
      const advice = "end the prompt before the space, and begin the completion with it";
      throw new GptError("invalid-file", `${this.#place}: ${problem}: ${advice}`);
    }
    return ended(this.#tokenizer, whole.slice(this.prompt.length));
  }
}

/** The ids of a whole text, and the one that ends a text. */
export const endedTextIds = (tokenizer: Tokenizer, text: string): number[] =>
  ended(tokenizer, textIds(tokenizer, text));

/** The ids, and the one that ends a text if it is not there. */
export function ended({ endOfTextIds: [end] }: Tokenizer, ids: readonly number[]): number[] {
  return end === undefined || ids.at(-1) === end ? [...ids] : [...ids, end];
}
