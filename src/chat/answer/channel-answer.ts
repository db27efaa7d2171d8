/**
 * Answers in channels, as gpt-oss writes them (https://cookbook.openai.com/articles/openai-harmony):
 *
 *     <|channel|>analysis<|message|> .. <|end|><|start|>assistant<|channel|>final<|message|> .. <|return|>
 *     <|start|>assistant<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{ .. }<|call|>
 */
import type { AnswerPart, AnswerReader } from "./answer-part.ts";

const RECIPIENT = /to=(?:functions\.)?([\w.-]+)/;

export class ChannelAnswer implements AnswerReader {
  /** Names of functions that the model may call. */
  readonly #functions: ReadonlySet<string>;
  readonly #isArguments: (text: string) => boolean;
  /** The words before a message; undefined inside of one. */
  #header: string | undefined = "";
  #channel = "final";
  /** The function that the message is for, with the arguments so far. */
  #called: string | undefined;
  #arguments = "";

  /** @param isArguments whether a text is a JSON object */
  constructor(functions: ReadonlySet<string>, isArguments: (text: string) => boolean) {
    this.#functions = functions;
    this.#isArguments = isArguments;
  }

  get isReasoning(): boolean {
    return this.#header === undefined && this.#channel === "analysis";
  }

  push(text: string): AnswerPart[] {
    if (this.#header !== undefined) {
      this.#header += text;
      return [];
    }
    if (this.#called === undefined) return this.#said(text);
    this.#arguments += text;
    return [];
  }

  control(name: string): AnswerPart[] {
    if (name === "<|message|>" && this.#header !== undefined) {
      const [, channel = "final"] = /<\|channel\|>\s*(\w+)/.exec(this.#header) ?? [];
      const [, called] = RECIPIENT.exec(this.#header) ?? [];
      this.#channel = channel;
      this.#called = called !== undefined && this.#functions.has(called) ? called : undefined;
      this.#header = undefined;
      return [];
    }
    if (this.#header !== undefined) {
      this.#header = name === "<|start|>" ? "" : this.#header + name;
      return [];
    }
    const parts = this.#endMessage();
    this.#header = "";
    return parts;
  }

  /** A header that no message follows is the text of a model that was trained otherwise. */
  flush(): AnswerPart[] {
    const header = this.#header ?? "";
    const isPlain = header.trim() !== "" && !/^(?:assistant)?(?:<\||$)/.test(header);
    const parts = isPlain ? [{ kind: "text" as const, text: header }] : this.#endMessage();
    this.#header = "";
    return parts;
  }

  #endMessage(): AnswerPart[] {
    const [name, text] = [this.#called, this.#arguments];
    this.#called = undefined;
    this.#arguments = "";
    if (name === undefined) return [];
    return this.#isArguments(text) ? [{ kind: "call", call: { name, arguments: text } }] : this.#said(text);
  }

  #said(text: string): AnswerPart[] {
    if (text === "") return [];
    return [{ kind: this.#channel === "analysis" ? "reasoning" : "text", text }];
  }
}
