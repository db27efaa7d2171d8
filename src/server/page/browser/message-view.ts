/** A message on the page, with what can be done with it. */
import { button, element } from "./elements.ts";
import { markdown } from "./markdown.ts";
import type { Message } from "./talk.ts";
import { tokenView } from "./token-view.ts";

export interface Actions {
  /** Sends another text in the place of a message, and forgets what followed. */
  edit(message: Message, text: string): void;
  /** Writes the last answer again. */
  regenerate(): void;
}

export interface Look {
  readonly showsTokens: boolean;
  /** Whether it is the last answer, and none is being written. */
  readonly canRegenerate: boolean;
}

export class MessageView {
  readonly element: HTMLElement;
  readonly #message: Message;
  readonly #actions: Actions;

  constructor(message: Message, actions: Actions) {
    this.#message = message;
    this.#actions = actions;
    this.element = element("article", message.role);
  }

  draw(look: Look): void {
    const { role } = this.#message;
    this.element.replaceChildren(...(role === "user" ? this.#question() : this.#answer(look)));
  }

  #question(): HTMLElement[] {
    const tools = element("div", "tools");
    tools.append(button("Edit", "Change this message and ask again", () => this.#edit()));
    return [element("div", "body", this.#message.content), tools];
  }

  #edit(): void {
    const area = document.createElement("textarea");
    area.value = this.#message.content;
    area.setAttribute("aria-label", "The changed message");
    const tools = element("div", "tools");
    const send = () => this.#actions.edit(this.#message, area.value);
    const leave = () => this.element.replaceChildren(...this.#question());
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      send();
    });
    tools.append(
      button("Leave", "Keep the message as it is", leave),
      button("Ask again", "Send the changed message", send),
    );
    this.element.replaceChildren(area, tools);
    area.focus();
  }

  #answer({ showsTokens, canRegenerate }: Look): HTMLElement[] {
    const { content, reasoning, tokens, note, failed } = this.#message;
    const parts: HTMLElement[] = [];
    if (showsTokens && tokens.length > 0) parts.push(tokenView(tokens));
    else {
      if (reasoning !== "") parts.push(element("div", "reasoning", reasoning));
      const body = element("div", "body");
      body.append(markdown(content));
      parts.push(body);
    }
    const tools = element("div", "tools");
    if (note !== "") tools.append(element("span", failed ? "problem" : "", note));
    if (content !== "") {
      tools.append(
        button("Copy", "Copy the text of this answer", () => void navigator.clipboard?.writeText(content)),
      );
    }
    if (canRegenerate)
      tools.append(button("Regenerate", "Write another answer", () => this.#actions.regenerate()));
    return [...parts, tools];
  }
}
