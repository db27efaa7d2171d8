/** Conversations as training data: the ids of prompts, of completions, and of what the assistant writes. */
import type { Dialogue, DialogueReader, EncodedPart } from "../../data/document-chunk.ts";
import { GptError } from "../../errors.ts";
import type { Messages } from "../../files/written.ts";
import { ended } from "../../text/completion-ids.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { parseExactJson } from "../jinja/values/json-values.ts";
import type { MarkedText } from "../jinja/values/marked-text.ts";
import { answeredSpans } from "./answered-spans.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { withParsedArguments } from "./messages.ts";
import { promptIdsAfter, promptIdsOf } from "./prompt-ids.ts";
import { type TurnMarks, turnMarks } from "./turn-marks.ts";

/** The date that templates write: the same for all runs, so that a resumed one reads the same. */
const date = new Date("2024-07-26T12:00:00Z");

/** A prompt of messages. */
interface DialoguePrompt {
  readonly text: string;
  readonly ids: readonly number[];
}

export class DialogueIds implements DialogueReader {
  readonly key: string;
  readonly #template: ChatTemplate;
  readonly #tokenizer: Tokenizer;
  readonly #marks: TurnMarks;
  #isUsed = false;

  constructor(template: ChatTemplate, tokenizer: Tokenizer) {
    this.key = template.source;
    this.#template = template;
    this.#tokenizer = tokenizer;
    this.#marks = turnMarks(template, tokenizer, { date });
  }

  /** Whether messages have been read. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /**
   * The prompt that a model answers.
   *
   * @param place of the messages, for errors
   * @throws GptError as `ChatTemplate.render`
   */
  prompt(messages: Messages, place: string): DialoguePrompt {
    const rendered = this.#prompt(messages, place);
    return { text: rendered.text, ids: promptIdsOf(this.#tokenizer, rendered) };
  }

  /**
   * The ids of messages that follow a prompt, with what ends them: the template's own token, or the one that
   * ends texts.
   *
   * @throws GptError `invalid-file` for a template that writes the prompt otherwise when an answer follows
   */
  completion(prompt: Messages, completion: Messages, place: string): readonly number[] {
    const [asked, answer] = this.#completed(prompt, completion, place);
    return this.#ended(promptIdsAfter(this.#tokenizer, promptIdsOf(this.#tokenizer, asked), answer));
  }

  /** The ids of a whole conversation, with what ends it. */
  whole(messages: Messages, place: string): readonly number[] {
    return this.#ended(promptIdsOf(this.#tokenizer, this.#render(messages, false, place)));
  }

  /** @throws GptError `invalid-file` for a template that writes nothing of the assistant */
  partsOf({ messages, completion, place }: Dialogue): EncodedPart[] {
    if (completion !== undefined) {
      const [asked, answer] = this.#completed(messages, completion, place);
      return this.#encoded([
        [asked, false],
        [answer, true],
      ]);
    }
    const whole = this.#render(messages, false, place);
    const spans = answeredSpans(whole, this.#marks);
    if (spans.length === 0) {
      throw new GptError("invalid-file", `${place}: the chat template writes nothing of the assistant`);
    }
    const parts = spans.flatMap(({ begin, end }, i): [MarkedText, boolean][] => [
      [whole.slice(spans[i - 1]?.end ?? 0, begin), false],
      [whole.slice(begin, end), true],
    ]);
    return this.#encoded([...parts, [whole.slice(spans.at(-1)?.end ?? 0), false]]);
  }

  #encoded(parts: readonly (readonly [MarkedText, boolean])[]): EncodedPart[] {
    const before: number[] = [];
    return parts
      .filter(([part]) => part.length > 0)
      .map(([part, learned]) => {
        const ids =
          before.length === 0
            ? promptIdsOf(this.#tokenizer, part)
            : promptIdsAfter(this.#tokenizer, before, part);
        before.push(...ids);
        return { text: part.text, ids, learned };
      });
  }

  #ended(ids: readonly number[]): readonly number[] {
    return this.#marks.end.length > 0 ? ids : ended(this.#tokenizer, ids);
  }

  #completed(prompt: Messages, completion: Messages, place: string): readonly [MarkedText, MarkedText] {
    const asked = this.#prompt(prompt, place);
    const whole = this.#render([...prompt, ...completion], false, place);
    if (whole.text.startsWith(asked.text)) return [asked, whole.slice(asked.length)];
    const problem = "the chat template writes the prompt otherwise when an answer follows";
    throw new GptError("invalid-file", `${place}: ${problem}: give whole conversations as "messages"`);
  }

  /**
   * Some templates end a prompt with what they leave out before an answer, such as the beginning of thoughts.
   * There the prompt ends where an answer begins.
   */
  #prompt(messages: Messages, place: string): MarkedText {
    if (this.#marks.isContinued) return this.#render(messages, true, place);
    const answered = this.#render([...messages, { role: "assistant", content: "answer" }], false, place);
    return answered.slice(0, answeredSpans(answered, this.#marks).at(-1)?.begin ?? answered.length);
  }

  #render(messages: Messages, addGenerationPrompt: boolean, place: string): MarkedText {
    this.#isUsed = true;
    const exact = withParsedArguments(parseExactJson(JSON.stringify(messages)));
    try {
      return this.#template.render(exact, { date, addGenerationPrompt });
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      throw new GptError(error.code, `${place}: ${error.message}`, { cause: error });
    }
  }
}
