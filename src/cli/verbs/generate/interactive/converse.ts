/** `gpt generate --interactive`: reads an input and obeys it, until there is none any more. */

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
import { completions, type Desk, isCommand, runCommand, textOfInput } from "./commands.ts";
import { DumbTerminal } from "./dumb-terminal.ts";
import { LineEditor } from "./line-editor.ts";
import { Script } from "./script.ts";
import { startSlowSpinner } from "./slow-spinner.ts";
import type { Typist } from "./typist.ts";

export interface Opening {
  /** The beginning of the text, which the model answers at once. */
  readonly prompt?: Prompt | undefined;
  readonly options: GenerateOptions;
  readonly color?: ColorWish | undefined;
  readonly quiet?: boolean | undefined;
  /** How often -v was given. */
  readonly verbose?: number | undefined;
}

/**
 * Talks with whoever is at standard input until they leave or the signal is aborted. A person at a terminal has a line
 * editor; from a pipe lines are taken as they come.
 *
 * @throws GptError for a model without a tokenizer, and from a pipe for an opening that is refused
 */
export async function converse(loaded: LoadedModel, opening: Opening, signal: AbortSignal): Promise<void> {
  await using conversation = new Conversation(
    loaded.model,
    opening.options,
    (typed) => loaded.model.resolveOptions({ typed }).options,
  );
  using typist = openTypist(opening.color, signal);
  await new Talk(loaded, conversation, typist, opening, signal).run();
}

/** The line editor draws on standard error, because standard output is for the text; elsewhere only where it must. */
function openTypist(color: ColorWish | undefined, signal: AbortSignal): Typist {
  const { stdin, stdout, stderr } = process;
  const screen = stderr.isTTY ? stderr : stdout;
  if (!stdin.isTTY || !screen.isTTY) return new Script(stdin, signal);
  if (process.env.TERM === "dumb") return new DumbTerminal(stdin, screen, signal);
  return new LineEditor(stdin, screen, styleFor(screen, color), completions);
}

/** What a person may wonder about when an answer ends. */
const hints: Partial<Readonly<Record<FinishReason, string>>> = {
  eos: "the model ended the text; type on, or /set ignore-eos on",
  time: "the time is over; Enter goes on",
};

const USUAL_COLUMNS = 80;

class Talk implements Desk {
  readonly conversation: Conversation;
  readonly modelName: string;
  readonly output = new Output();
  readonly style: Style;
  readonly #typist: Typist;
  readonly #opening: Opening;
  readonly #signal: AbortSignal;
  #left = false;

  constructor(
    { name }: LoadedModel,
    conversation: Conversation,
    typist: Typist,
    opening: Opening,
    signal: AbortSignal,
  ) {
    this.conversation = conversation;
    this.modelName = name;
    this.style = styleFor(process.stdout, opening.color);
    this.#typist = typist;
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

  attend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#typist.attend(this.#signal, work);
  }

  async answer(generate: (listener: Listener) => Promise<Sample>): Promise<void> {
    const { quiet, color } = this.#opening;
    using spinner = startSlowSpinner("reading the text", quiet, color);
    const onText = async (text: string) => {
      spinner.stop();
      await this.output.write(text);
    };
    const sample = await this.attend((signal) => generate({ signal, onText }));
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
    if (typeof prompt === "string") {
      this.#typist.show(prompt);
      return this.answer((listener) => this.conversation.say(prompt, listener));
    }
    this.#typist.show(this.conversation.textOf(prompt));
    return this.answer((listener) => this.conversation.say(prompt, listener));
  }

  async #turn(): Promise<void> {
    const input = await this.#typist.read(this.#signal);
    if (input === undefined) this.leave();
    else await this.#obey(input);
  }

  #obey(input: string): Promise<void> {
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
      this.#typist.refuse(error);
    }
  }

  #hint(text: string): void {
    if (!this.#opening.quiet) this.#typist.hint(text);
  }
}
