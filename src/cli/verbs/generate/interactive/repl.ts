/** `gpt generate --interactive`: reads an input, runs it, and repeats. */

import { Conversation, type Listener } from "../../../../chat/conversation.ts";
import { GptError } from "../../../../errors.ts";
import type { FinishReason, GenerateOptions } from "../../../../generate/options/options.ts";
import type { Sample } from "../../../../text/samples/sample.ts";
import type { Prompt } from "../../../../text/text-model.ts";
import { inFlagNames } from "../../../flags/option-names.ts";
import { thousands } from "../../../terminal/format.ts";
import { Output, printable } from "../../../terminal/output.ts";
import { type ColorWish, type Style, styleFor } from "../../../terminal/style.ts";
import type { LoadedModel } from "../loaded-model.ts";
import { reportSample } from "../report.ts";
import { sayShare } from "../say-share.ts";
import { type CommandContext, completions, isCommand, runCommand, textOfInput } from "./commands.ts";
import { openInput } from "./open-input.ts";
import type { ReplInput } from "./repl-input.ts";
import { startSlowSpinner } from "./slow-spinner.ts";

export interface Opening {
  /** The beginning of the text. The model answers it at once. */
  readonly prompt?: Prompt | undefined;
  readonly options: GenerateOptions;
  readonly color?: ColorWish | undefined;
  readonly quiet?: boolean | undefined;
  /** How often -v was given. */
  readonly verbose?: number | undefined;
}

/**
 * Runs the inputs from standard input to their end, or until the signal is aborted. A person at a terminal
 * has a line editor.
 *
 * @throws GptError for a model without a tokenizer, and in a script for an opening that is refused
 */
export async function runRepl(loaded: LoadedModel, opening: Opening, signal: AbortSignal): Promise<void> {
  await using conversation = new Conversation(
    loaded.model,
    opening.options,
    (typed) => loaded.model.resolveOptions({ typed }).options,
  );
  using input = openInput(completions, opening.color, signal);
  await new Repl(loaded, conversation, input, opening, signal).run();
}

/** Explanations of why an answer ended. */
const hints: Partial<Readonly<Record<FinishReason, string>>> = {
  eos: "the model ended the text; type on, or /set ignore-eos on",
  time: "the time is over; Enter goes on",
};

const USUAL_COLUMNS = 80;

class Repl implements CommandContext {
  readonly conversation: Conversation;
  readonly modelName: string;
  readonly output = new Output();
  readonly style: Style;
  readonly #input: ReplInput;
  readonly #opening: Opening;
  readonly #signal: AbortSignal;
  #left = false;

  constructor(
    { name }: LoadedModel,
    conversation: Conversation,
    input: ReplInput,
    opening: Opening,
    signal: AbortSignal,
  ) {
    this.conversation = conversation;
    this.modelName = name;
    this.style = styleFor(process.stdout, opening.color);
    this.#input = input;
    this.#opening = opening;
    this.#signal = signal;
  }

  get columns(): number {
    return process.stdout.columns || USUAL_COLUMNS;
  }

  async run(): Promise<void> {
    const { contextSize } = this.conversation.model;
    this.#hint(`${this.modelName}: ${thousands(contextSize)} tokens of context; /help lists the commands`);
    const { prompt } = this.#opening;
    if (prompt !== undefined) await this.#attempt(() => this.#open(prompt));
    while (!this.#left) await this.#attempt(() => this.#turn());
  }

  note(text: string): void {
    const { quiet, color } = this.#opening;
    if (!quiet) process.stderr.write(`${styleFor(process.stderr, color).dim(printable(text))}\n`);
  }

  runInterruptibly<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#input.runInterruptibly(this.#signal, work);
  }

  async answer(generate: (listener: Listener) => Promise<Sample>): Promise<void> {
    const { quiet, color } = this.#opening;
    const reading = "reading the text";
    using spinner = startSlowSpinner(reading, quiet, color);
    using share = sayShare(spinner, reading, () => this.conversation.readShare);
    const onText = async (text: string) => {
      share.stop();
      spinner.stop();
      await this.output.write(text);
    };
    const sample = await this.runInterruptibly((signal) => generate({ signal, onText }));
    spinner.stop();
    await this.output.endLine();
    reportSample(sample, this.conversation.model, this.#opening);
    if (sample.finishReason === "context") this.note(`the context is full: ${this.conversation.roomAdvice}`);
    const hint = hints[sample.finishReason];
    if (hint !== undefined) this.#hint(hint);
  }

  leave(): void {
    this.#left = true;
  }

  #open(prompt: Prompt): Promise<void> {
    this.#input.show(typeof prompt === "string" ? prompt : this.conversation.textOf(prompt));
    return this.answer((listener) => this.conversation.say(prompt, listener));
  }

  async #turn(): Promise<void> {
    const input = await this.#input.read(this.#signal);
    if (input === undefined) this.leave();
    else await this.#runInput(input);
  }

  #runInput(input: string): Promise<void> {
    if (isCommand(input)) return runCommand(input, this);
    return this.answer((listener) => this.conversation.say(textOfInput(input), listener));
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

  #hint(text: string): void {
    if (!this.#opening.quiet) this.#input.hint(text);
  }
}
