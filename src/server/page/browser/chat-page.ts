/** The conversation on the page: it asks the server, and draws the answer while it comes. */
import { answer, modelNames } from "./client.ts";
import { byId } from "./elements.ts";
import { MessageView } from "./message-view.ts";
import type { Settings } from "./settings.ts";
import { loadTalk, type Message, messageOf, saveTalk } from "./talk.ts";
import { hideLikely } from "./token-view.ts";

const NOTES: Readonly<Record<string, string>> = {
  length: "cut off: the context is full, or the number of tokens is reached",
  tool_calls: "calls a function, which this page has none of",
};

export class ChatPage {
  readonly #settings: Settings;
  readonly #list = byId("messages");
  #messages: Message[] = loadTalk();
  #views = new Map<Message, MessageView>();
  #showsTokens = false;
  /** Stops the answer that is being written. */
  #stop: AbortController | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#draw();
  }

  get isBusy(): boolean {
    return this.#stop !== undefined;
  }

  async begin(): Promise<void> {
    try {
      const names = await modelNames(this.#settings.key);
      this.#settings.setModels(names);
      byId("model").textContent = names[0] ?? "gpt";
      document.title = names[0] ?? "gpt";
    } catch (error) {
      byId("model").textContent = (error as Error).message;
    }
  }

  ask(text: string): void {
    if (text.trim() === "" || this.isBusy) return;
    this.#messages.push(messageOf("user", text));
    void this.#answer();
  }

  stop(): void {
    this.#stop?.abort();
  }

  clear(): void {
    this.stop();
    this.#messages = [];
    this.#draw();
    saveTalk(this.#messages);
  }

  switchTokens(): boolean {
    this.#showsTokens = !this.#showsTokens;
    hideLikely();
    this.#draw();
    return this.#showsTokens;
  }

  #edit(message: Message, text: string): void {
    this.stop();
    this.#messages = this.#messages.slice(0, this.#messages.indexOf(message));
    this.#stop = undefined;
    this.ask(text);
  }

  #regenerate(): void {
    if (this.isBusy) return;
    this.#messages.pop();
    void this.#answer();
  }

  async #answer(): Promise<void> {
    const asked = [...this.#messages];
    const message = messageOf("assistant");
    this.#messages.push(message);
    const stop = new AbortController();
    this.#stop = stop;
    this.#draw();
    let isDrawn = true;
    const draw = () => {
      if (!isDrawn) return;
      isDrawn = false;
      requestAnimationFrame(() => {
        isDrawn = true;
        this.#drawOne(message);
      });
    };
    const { request, system, key } = this.#settings;
    try {
      const wish = { settings: request, system, key, messages: asked, signal: stop.signal };
      const reason = await answer(wish, (delta, tokens) => {
        message.content += delta.content ?? "";
        message.reasoning += delta.reasoning_content ?? "";
        message.tokens.push(...tokens);
        draw();
      });
      message.note = NOTES[reason] ?? "";
    } catch (error) {
      message.failed = !stop.signal.aborted;
      message.note = stop.signal.aborted ? "stopped" : (error as Error).message;
    }
    if (this.#stop === stop) this.#stop = undefined;
    this.#draw();
    saveTalk(this.#messages);
  }

  #draw(): void {
    const views = this.#messages.map((message) => {
      const edit = (own: Message, text: string) => this.#edit(own, text);
      const actions = { edit, regenerate: () => this.#regenerate() };
      const view = this.#views.get(message) ?? new MessageView(message, actions);
      this.#views.set(message, view);
      return view;
    });
    this.#list.replaceChildren(...views.map(({ element }) => element));
    for (const message of this.#messages) this.#drawOne(message);
    byId("send").textContent = this.isBusy ? "Stop" : "Send";
  }

  /** The end stays in sight for a reader who is there. */
  #drawOne(message: Message): void {
    const list = this.#list;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    const isLast = message === this.#messages.at(-1);
    const canRegenerate = isLast && message.role === "assistant" && !this.isBusy;
    this.#views.get(message)?.draw({ showsTokens: this.#showsTokens, canRegenerate });
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }
}
