/** The ids of a prompt and of its completions, be they texts or messages. */
import { asMessages, type Messages, textOf, type Written } from "../../files/written.ts";
import { PromptIds } from "../../text/completion-ids.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { DialogueIds } from "./dialogue-ids.ts";

export interface WrittenPrompt {
  readonly text: string;
  readonly ids: readonly number[];
  /** The ids that follow, with what ends them. @throws GptError as `PromptIds` and `DialogueIds` */
  completion(written: Written): readonly number[];
}

/** Reads prompts for a model. */
export class PromptReader {
  readonly tokenizer: Tokenizer;
  readonly #dialogues: DialogueIds;

  constructor(tokenizer: Tokenizer, dialogues: DialogueIds) {
    this.tokenizer = tokenizer;
    this.#dialogues = dialogues;
  }

  /** @param place of the prompt, for errors @throws GptError as `DialogueIds.prompt` */
  read(prompt: Written, place: string): WrittenPrompt {
    if (typeof prompt === "string") {
      const ids = new PromptIds(this.tokenizer, prompt, place);
      return { text: prompt, ids: ids.prompt, completion: (written) => ids.completion(textOf(written)) };
    }
    const dialogues = this.#dialogues;
    return {
      ...dialogues.prompt(prompt, place),
      completion: (written) => dialogues.completion(prompt, asMessages(written, "assistant"), place),
    };
  }

  /** The ids of a whole conversation, with what ends it. */
  whole(messages: Messages, place: string): readonly number[] {
    return this.#dialogues.whole(messages, place);
  }
}
