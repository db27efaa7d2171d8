/** The items of a response: what the model thought, said and called, each with events while it is written. */
import { randomUUID } from "node:crypto";
import type { ReplyPart } from "../../chat-answers.ts";

type Send = (type: string, more: object) => Promise<void>;
type Kind = "text" | "reasoning";

const idOf = (prefix: string): string => `${prefix}_${randomUUID().replaceAll("-", "")}`;

/** An item that grows. */
interface Open {
  readonly kind: Kind;
  readonly id: string;
  text: string;
}

export class ResponseItems {
  readonly #send: Send;
  readonly #items: object[] = [];
  #open: Open | undefined;

  /** @param send writes an event; a reply that is no stream has none */
  constructor(send: Send = async () => {}) {
    this.#send = send;
  }

  /** The items that have ended. */
  get items(): readonly object[] {
    return this.#items;
  }

  async take(part: ReplyPart): Promise<void> {
    if (part.kind === "call") return await this.#call(part.call.id, part.call.function);
    if (this.#open?.kind !== part.kind) await this.#begin(part.kind);
    const open = this.#open as Open;
    open.text += part.text;
    await this.#send(`${NAMES[open.kind].event}.delta`, {
      ...this.#place(open.id),
      delta: part.text,
      logprobs: [],
    });
  }

  /** Ends the item that is open. */
  async end(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { event, part } = NAMES[open.kind];
    const place = this.#place(open.id);
    await this.#send(`${event}.done`, { ...place, text: open.text, logprobs: [] });
    await this.#send(`${part}.done`, { ...place, part: partOf(open.kind, open.text) });
    await this.#done(itemOf(open, "completed"));
  }

  async #begin(kind: Kind): Promise<void> {
    await this.end();
    this.#open = { kind, id: idOf(kind === "text" ? "msg" : "rs"), text: "" };
    await this.#added(itemOf(this.#open, "in_progress"));
    await this.#send(`${NAMES[kind].part}.added`, { ...this.#place(this.#open.id), part: partOf(kind, "") });
  }

  async #call(
    call_id: string,
    { name, arguments: given }: { readonly name: string; readonly arguments: string },
  ) {
    await this.end();
    const item = { type: "function_call", id: idOf("fc"), call_id, name };
    const place = { item_id: item.id, output_index: this.#items.length };
    await this.#added({ ...item, arguments: "", status: "in_progress" });
    await this.#send("response.function_call_arguments.delta", { ...place, delta: given });
    await this.#send("response.function_call_arguments.done", { ...place, name, arguments: given });
    await this.#done({ ...item, arguments: given, status: "completed" });
  }

  #place(id: string): object {
    return { item_id: id, output_index: this.#items.length, content_index: 0, summary_index: 0 };
  }

  #added(item: object): Promise<void> {
    return this.#send("response.output_item.added", { output_index: this.#items.length, item });
  }

  async #done(item: object): Promise<void> {
    const output_index = this.#items.length;
    this.#items.push(item);
    await this.#send("response.output_item.done", { output_index, item });
  }
}

const NAMES = {
  text: { event: "response.output_text", part: "response.content_part" },
  reasoning: { event: "response.reasoning_summary_text", part: "response.reasoning_summary_part" },
} as const;

const partOf = (kind: Kind, text: string): object =>
  kind === "text"
    ? { type: "output_text", text, annotations: [], logprobs: [] }
    : { type: "summary_text", text };

function itemOf({ kind, id, text }: Open, status: string): object {
  const parts = status === "completed" ? [partOf(kind, text)] : [];
  return kind === "text"
    ? { type: "message", id, status, role: "assistant", content: parts }
    : { type: "reasoning", id, summary: parts };
}
