/** The text that statements write. */
import { checkLength } from "../values/limits.ts";
import { MarkedText } from "../values/marked-text.ts";

export class OutputText {
  readonly #parts: MarkedText[] = [];
  #length = 0;

  add(text: MarkedText): undefined {
    this.#length += text.length;
    checkLength(this.#length);
    this.#parts.push(text);
  }

  get text(): MarkedText {
    return MarkedText.join(this.#parts);
  }
}
