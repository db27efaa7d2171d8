/** One JSON array of objects -> its records, in constant memory. */
import { GptError } from "../../errors.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { textChunks } from "../../files/text-chunks.ts";
import { atLine, parseObject } from "./json-lines.ts";

/** UTF-16 units of an element, as `lineText` limits lines. */
const LONGEST_ELEMENT = 2 ** 24;

/**
 * Yields the objects of the array. The `file` of a record is the name with the number of the line on which
 * the object begins.
 * @throws GptError `invalid-file` for text that is no array of objects, with the line
 */
export async function* arrayRecords(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<JsonFields, void, void> {
  const reader = new ArrayReader(name);
  for await (const text of textChunks(chunks, name)) yield* reader.add(text);
  reader.end();
}

/** Tokens that may follow: the array, its first element or its end, a separator, an element, nothing. */
type State = "start" | "first" | "separator" | "element" | "end";

const EXPECTED: Readonly<Record<State, string>> = {
  start: "a [",
  first: "an object in braces or a ]",
  separator: "a comma or a ]",
  element: "an object in braces",
  end: "nothing after the ]",
};

class ArrayReader {
  readonly #name: string;
  #state: State = "start";
  #line = 1;
  /** Text of the element that has begun, and the line on which it began. */
  #element = "";
  #elementLine = 1;
  /** Open braces and brackets of the element; 0 between elements. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(name: string) {
    this.#name = name;
  }

  *add(text: string): Generator<JsonFields, void, void> {
    let begin = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === "\n") this.#line++;
      if (this.#depth === 0) {
        if (/\s/.test(character)) continue;
        this.#between(character);
        begin = at;
      } else if (this.#closes(character)) {
        yield this.#record(this.#element + text.slice(begin, at + 1));
        this.#element = "";
      }
    }
    if (this.#depth > 0) this.#element += text.slice(begin);
    if (this.#element.length > LONGEST_ELEMENT)
      this.#fail(`an element of at most ${LONGEST_ELEMENT} characters`);
  }

  end(): void {
    if (this.#depth > 0) this.#fail("the end of the element");
    if (this.#state !== "end") this.#fail(EXPECTED[this.#state]);
  }

  /** A character outside of elements. */
  #between(character: string): void {
    const state = this.#state;
    if (state === "start" && character === "[") this.#state = "first";
    else if ((state === "first" || state === "separator") && character === "]") this.#state = "end";
    else if (state === "separator" && character === ",") this.#state = "element";
    else if ((state === "first" || state === "element") && character === "{") {
      this.#depth = 1;
      this.#elementLine = this.#line;
    } else this.#fail(EXPECTED[state], character);
  }

  /** Follows the element, and says whether it ends. */
  #closes(character: string): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === "\\") this.#isEscaped = true;
      else if (character === '"') this.#isInString = false;
      return false;
    }
    if (character === '"') this.#isInString = true;
    else if (character === "{" || character === "[") this.#depth++;
    else if (character === "}" || character === "]") this.#depth--;
    return this.#depth === 0;
  }

  #record(text: string): JsonFields {
    this.#state = "separator";
    const line = this.#elementLine;
    return atLine(
      this.#name,
      line,
      () => new JsonFields(`${this.#name}:${line}`, "", parseObject(text, "element")),
    );
  }

  #fail(expected: string, found?: string): never {
    const actual = found === undefined ? "" : `, found ${quote(found)}`;
    throw new GptError("invalid-file", `${this.#name}:${this.#line}: expected ${expected}${actual}`);
  }
}
