/** The blocks of an answer in Anthropic's stream: each begins, grows and ends. */
import type { ReplyPart } from "../chat-answers.ts";

type Kind = ReplyPart["kind"];
type Send = (type: string, more?: object) => Promise<void>;

export class BlockStream {
  readonly #send: Send;
  #index = -1;
  #open: Kind | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  async send(part: ReplyPart): Promise<void> {
    if (part.kind === "call") {
      const { id, function: own } = part.call;
      await this.#begin("call", { type: "tool_use", id, name: own.name, input: {} });
      await this.#delta({ type: "input_json_delta", partial_json: own.arguments });
      return await this.end();
    }
    const isText = part.kind === "text";
    if (this.#open !== part.kind) {
      await this.#begin(
        part.kind,
        isText ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: "" },
      );
    }
    await this.#delta(
      isText ? { type: "text_delta", text: part.text } : { type: "thinking_delta", thinking: part.text },
    );
  }

  /** Ends the block that is open. */
  async end(): Promise<void> {
    if (this.#open === undefined) return;
    this.#open = undefined;
    await this.#send("content_block_stop", { index: this.#index });
  }

  async #begin(kind: Kind, block: object): Promise<void> {
    await this.end();
    this.#open = kind;
    this.#index++;
    await this.#send("content_block_start", { index: this.#index, content_block: block });
  }

  #delta(delta: object): Promise<void> {
    return this.#send("content_block_delta", { index: this.#index, delta });
  }
}
