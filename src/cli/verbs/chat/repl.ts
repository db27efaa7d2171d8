/** Reads a message or a command, answers it, and repeats. */
import { writeFile } from "node:fs/promises";
import type { Chat } from "../../../chat/chat.ts";
import type { Listener } from "../../../chat/conversation.ts";
import { messageLines } from "../../../chat/messages-file.ts";
import { ReasoningParts } from "../../../chat/reasoning.ts";
import { GptError } from "../../../errors.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { inFlagNames } from "../../flags/option-names.ts";
import { counted, thousands } from "../../terminal/format.ts";
import { writePrompt } from "../../terminal/origins.ts";
import { Output, printable } from "../../terminal/output.ts";
import { styleFor } from "../../terminal/style.ts";
import { openInput } from "../generate/interactive/open-input.ts";
import type { ReplInput } from "../generate/interactive/repl-input.ts";
import { startSlowSpinner } from "../generate/interactive/slow-spinner.ts";
import { reportSample } from "../generate/report.ts";
import { type ChatContext, completions, isCommand, runCommand, textOfInput } from "./commands.ts";
import type { ChatArguments } from "./flags.ts";

type Answer = (listener: Listener, onDropped: (messages: number) => void) => Promise<Sample>;

export class ChatRepl implements ChatContext, Disposable {
  readonly chat: Chat;
  readonly output = new Output();
  readonly #name: string;
  readonly #args: ChatArguments;
  readonly #signal: AbortSignal;
  readonly #input: ReplInput;
  #left = false;

  constructor(chat: Chat, name: string, args: ChatArguments, signal: AbortSignal) {
    this.chat = chat;
    this.#name = name;
    this.#args = args;
    this.#signal = signal;
    this.#input = openInput(completions, args.color, signal);
  }

  async run(): Promise<void> {
    const { contextSize } = this.chat.model;
    this.#input.hint(`${this.#name}: ${thousands(contextSize)} tokens of context; /help lists the commands`);
    const { prompt } = this.#args;
    if (prompt !== undefined) await this.#attempt(() => this.#say(prompt));
    while (!this.#left) await this.#attempt(() => this.#turn());
  }

  note(text: string): void {
    const { quiet, color } = this.#args;
    if (!quiet) process.stderr.write(`${styleFor(process.stderr, color).dim(printable(text))}\n`);
  }

  leave(): void {
    this.#left = true;
  }

  async showPrompt(messages = this.chat.messages): Promise<void> {
    const screen = new Output(process.stderr, "standard error");
    await writePrompt(this.chat.promptOf(messages), screen, styleFor(process.stderr, this.#args.color));
    await screen.endLine();
  }

  async answer(generate: Answer): Promise<void> {
    const { quiet, color, reasoning = "show" } = this.#args;
    const style = styleFor(process.stdout, color);
    using spinner = startSlowSpinner("reading the conversation", quiet, color);
    let parts: ReasoningParts | undefined;
    const write = async (pieces: ReturnType<ReasoningParts["push"]>) => {
      for (const { text, isReasoning } of pieces) {
        if (isReasoning && reasoning !== "show") continue;
        spinner.stop();
        await this.output.write(text, isReasoning ? style.dim : undefined);
      }
    };
    const onText = async (text: string) => {
      parts ??= new ReasoningParts(this.chat.promptOf().text);
      await write(parts.push(text));
    };
    const onDropped = (messages: number) =>
      this.note(`the context is full: the oldest ${counted(messages, "message")} left out`);
    const sample = await this.#input.runInterruptibly(this.#signal, (signal) =>
      generate({ signal, onText }, onDropped),
    );
    await write(parts?.flush() ?? []);
    spinner.stop();
    await this.output.endLine();
    reportSample(sample, this.chat.model, this.#args);
    await this.#keep();
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
  }

  async #say(text: string): Promise<void> {
    if (this.#args.showPrompt)
      await this.showPrompt([...this.chat.messages, { role: "user", content: text }]);
    await this.answer((listener, onDropped) => this.chat.say(text, listener, onDropped));
  }

  async #turn(): Promise<void> {
    const input = await this.#input.read(this.#signal);
    if (input === undefined) this.leave();
    else if (isCommand(input)) await runCommand(input, this);
    else if (input.trim() !== "") await this.#say(textOfInput(input));
  }

  /** Writes the conversation to the file of --continue. */
  async #keep(): Promise<void> {
    const { continue: file } = this.#args;
    if (file === undefined) return;
    const { system, messages } = this.chat;
    const first = system === undefined ? [] : [{ role: "system", content: system }];
    await writeFile(file, messageLines([...first, ...messages]));
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = inFlagNames(thrown, "");
      if (!(error instanceof GptError)) throw error;
      await this.output.endLine();
      this.#input.refuse(error);
    }
  }
}
