/** A conversation with roles: messages, the prompts that a chat template makes of them, and answers. */
import { GptError } from "../errors.ts";
import type { GenerateOptions } from "../generate/options/options.ts";
import type { Sample } from "../text/samples/sample.ts";
import type { TextModel } from "../text/text-model.ts";
import type { AnswerPart } from "./answer/answer-part.ts";
import { CollectedAnswer } from "./answer/collected-answer.ts";
import type { MarkedText } from "./jinja/values/marked-text.ts";
import { Talk } from "./talk.ts";
import { TalkSession } from "./talk-session.ts";
import type { ChatPrompts } from "./template/chat-prompts.ts";
import type { ChatMessage, MessageCall } from "./template/messages.ts";
import type { Tools } from "./tools/tools.ts";

/** The share of the context that an answer may need. */
const ROOM = 0.25;
const DEFAULT_TOKENS = 128;

/** Gets an answer while it is written, and may stop it. */
export interface ChatListener {
  readonly signal: AbortSignal;
  onParts(parts: readonly AnswerPart[]): Promise<void>;
  /** Gets the number of messages that the context no longer holds. */
  onDropped(messages: number): void;
}

/** What a function gave back, as a text. */
export interface CallResult {
  readonly call: MessageCall;
  readonly content: string;
}

export class Chat extends Talk implements AsyncDisposable {
  readonly #prompts: ChatPrompts;
  readonly #session: TalkSession;
  #messages: readonly ChatMessage[] = [];
  /** How the model is to answer. */
  system: string | undefined;
  /** Functions that the model may call. */
  readonly #tools: Tools | undefined;

  /** @param resolve checks the options of an answer */
  constructor(
    model: TextModel,
    prompts: ChatPrompts,
    options: GenerateOptions,
    resolve?: (options: GenerateOptions) => GenerateOptions,
    tools?: Tools,
  ) {
    super(model, options, resolve);
    this.#prompts = prompts;
    this.#session = new TalkSession(model);
    this.#tools = tools;
  }

  /** Without the system prompt. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** Positions that the session holds: they are not run again. */
  get cached(): number {
    return this.#session.length;
  }

  /** The prompt of the next answer. */
  promptOf(messages: readonly ChatMessage[] = this.#messages): MarkedText {
    const { system } = this;
    const first = system === undefined ? [] : [{ role: "system", content: system }];
    return this.#prompts.render([...first, ...messages], { tools: this.#tools?.json });
  }

  /** Calls in the last answer, which wait for their results. */
  get calls(): readonly MessageCall[] {
    return this.#messages.at(-1)?.tool_calls ?? [];
  }

  /** Answers a message. If this fails, nothing is appended. */
  say(text: string, listener: ChatListener): Promise<Sample> {
    return this.#answer([...this.#messages, { role: "user", content: text }], listener);
  }

  /** Goes on with the results of the calls. If this fails, nothing is appended. */
  report(results: readonly CallResult[], listener: ChatListener): Promise<Sample> {
    const messages = results.map(({ call, content }) => ({
      ...{ role: "tool", content, tool_call_id: call.id, name: call.function.name },
    }));
    return this.#answer([...this.#messages, ...messages], listener);
  }

  /** Another answer for the last message. If this fails, the old one stays. */
  async regenerate(listener: ChatListener): Promise<Sample> {
    const last = this.#lastTurn();
    const before = this.#messages;
    this.#messages = before.slice(0, last);
    try {
      return await this.say(before[last]?.content ?? "", listener);
    } catch (error) {
      this.#messages = before;
      throw error;
    }
  }

  /** Takes back the last message and its answer. */
  undo(): void {
    this.#messages = this.#messages.slice(0, this.#lastTurn());
  }

  /** Goes on after other messages. A system prompt among them replaces this one. */
  restore(messages: readonly ChatMessage[]): void {
    const [first] = messages;
    const hasSystem = first?.role === "system";
    if (hasSystem) this.system = first.content;
    this.#messages = hasSystem ? messages.slice(1) : messages;
    this.forgetLast();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  #lastTurn(): number {
    const last = this.#messages.findLastIndex(({ role }) => role === "user");
    if (last < 0) throw new GptError("usage", "there is no turn yet: type a message");
    return last;
  }

  async #answer(asked: readonly ChatMessage[], listener: ChatListener): Promise<Sample> {
    const prompt = this.#fitting(asked, listener);
    const promptIds = this.#prompts.idsOf(prompt);
    const { resolved } = this;
    const stop = [...(resolved.stop ?? []), ...this.#prompts.ends(this.#tools)];
    const request = {
      ...{ promptIds, session: await this.#session.for(promptIds) },
      options: this.#prompts.heldAnswer(prompt, { ...resolved, stop, signal: listener.signal }, this.#tools),
    };
    const answer = new CollectedAnswer(this.#prompts.answerTo(prompt, this.#tools), promptIds);
    let isRead = false;
    const sample = await this.take(request, async (_, token) => {
      if (token === undefined) return;
      if (!isRead) this.#session.keepPrompt(promptIds.length);
      isRead = true;
      await listener.onParts(answer.push(token));
    });
    await listener.onParts(answer.flush());
    this.#messages = [...asked, answer.message];
    return sample;
  }

  /** The prompt, without the oldest turns that leave no room for the answer. The system stays. */
  #fitting(asked: readonly ChatMessage[], { onDropped }: Pick<ChatListener, "onDropped">): MarkedText {
    const { contextSize } = this.model;
    const { maxTokens = DEFAULT_TOKENS } = this.options;
    const most = contextSize - Math.min(maxTokens, Math.floor(ROOM * contextSize));
    let kept = asked;
    for (;;) {
      const prompt = this.promptOf(kept);
      const ids = this.#prompts.idsOf(prompt);
      const next = kept.findIndex(({ role }, i) => i > 0 && role === "user");
      if (ids.length <= most || (next < 0 && ids.length < contextSize)) {
        if (kept.length < asked.length) onDropped(asked.length - kept.length);
        return prompt;
      }
      if (next < 0) {
        const sizes = `the message makes a prompt of ${ids.length} tokens, the context holds ${contextSize}`;
        throw new GptError("resource", `${sizes}: shorten it, or give a larger context with -c`);
      }
      kept = kept.slice(next);
    }
  }
}
