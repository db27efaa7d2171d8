/** Reads a message or a command, answers it, and repeats. */
import { writeFile } from "node:fs/promises";
import type { AnswerPart } from "../../../chat/answer/answer-part.ts";
import type { CallResult, Chat, ChatListener } from "../../../chat/chat.ts";
import { messageLines } from "../../../chat/messages-file.ts";
import type { MessageCall } from "../../../chat/template/messages.ts";
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
import { filledCommand, runCalled } from "./called-commands.ts";
import { type ChatContext, completions, isCommand, runCommand, textOfInput } from "./commands.ts";
import type { ChatArguments } from "./flags.ts";

type Answer = (listener: ChatListener) => Promise<Sample>;

/** Answers in a row that call functions. */
const MOST_CALLS = 16;

interface ReplSettings extends ChatArguments {
  /** The file that keeps the conversation. */
  readonly file?: string | undefined;
  /** Commands that answer calls, by the names of functions. */
  readonly commands?: ReadonlyMap<string, readonly string[]> | undefined;
}

export class ChatRepl implements ChatContext, Disposable {
  readonly chat: Chat;
  readonly output = new Output();
  readonly #name: string;
  readonly #args: ReplSettings;
  readonly #signal: AbortSignal;
  readonly #input: ReplInput;
  #left = false;

  constructor(chat: Chat, name: string, args: ReplSettings, signal: AbortSignal) {
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
    const onParts = async (parts: readonly AnswerPart[]) => {
      for (const part of parts) {
        if (part.kind === "call" || (part.kind === "reasoning" && reasoning !== "show")) continue;
        spinner.stop();
        await this.output.write(part.text, part.kind === "reasoning" ? style.dim : undefined);
      }
    };
    const onDropped = (messages: number) =>
      this.note(`the context is full: the oldest ${counted(messages, "message")} left out`);
    const sample = await this.#input.runInterruptibly(this.#signal, (signal) =>
      generate({ signal, onParts, onDropped }),
    );
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
    await this.answer((listener) => this.chat.say(text, listener));
    for (let count = 0; this.chat.calls.length > 0 && count < MOST_CALLS && !this.#left; count++) {
      const results: CallResult[] = [];
      for (const call of this.chat.calls) results.push({ call, content: await this.#resultOf(call) });
      await this.answer((listener) => this.chat.report(results, listener));
    }
  }

  /** A command runs only after the person has said yes. Without one the person types the result. */
  async #resultOf(call: MessageCall): Promise<string> {
    const { name, arguments: given } = call.function;
    const command = this.#args.commands?.get(name);
    if (command === undefined) {
      this.#ask(`the model calls ${name} ${given}: type its result`);
      return (await this.#input.read(this.#signal)) ?? "error: there is no result";
    }
    const words = filledCommand(command, call);
    this.#ask(`the model calls ${name}: run ${words.map((word) => JSON.stringify(word)).join(" ")} ? [y/N]`);
    const said = await this.#input.read(this.#signal);
    if (!/^y(es)?$/i.test(said?.trim() ?? "")) return "error: the user did not allow this call";
    return await this.#input.runInterruptibly(this.#signal, (signal) => runCalled(words, call, signal));
  }

  #ask(question: string): void {
    process.stderr.write(`${printable(question)}\n`);
  }

  async #turn(): Promise<void> {
    const input = await this.#input.read(this.#signal);
    if (input === undefined) this.leave();
    else if (isCommand(input)) await runCommand(input, this);
    else if (input.trim() !== "") await this.#say(textOfInput(input));
  }

  /** Writes the conversation to its file. */
  async #keep(): Promise<void> {
    const { file } = this.#args;
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
