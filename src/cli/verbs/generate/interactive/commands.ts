/** The commands of the REPL, in the order of /help. */

import type { Conversation, Listener } from "../../../../chat/conversation.ts";
import { closest } from "../../../../checks/closest.ts";
import { GptError } from "../../../../errors.ts";
import { quote } from "../../../../files/quote.ts";
import type { Sample } from "../../../../text/samples/sample.ts";
import { integer, naming } from "../../../flags/flags.ts";
import { bytes, pairs, thousands } from "../../../terminal/format.ts";
import type { Output } from "../../../terminal/output.ts";
import type { Style } from "../../../terminal/style.ts";
import { sampleLine } from "../report.ts";
import { bars } from "./bars.ts";
import { completePath, expandHome, loadConversation, saveConversation } from "./conversation-file.ts";
import { changed, settingNamed, settingNames, settingsTable, settingTexts } from "./settings.ts";

/** A command works on this, and writes to it. */
export interface CommandContext {
  readonly conversation: Conversation;
  readonly modelName: string;
  readonly output: Output;
  readonly style: Style;
  /** Of the screen. */
  readonly columns: number;
  /** Writes a remark that is no result. */
  note(text: string): void;
  /** Runs long work, which Ctrl-C may stop. */
  runInterruptibly<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Writes an answer while the model generates it. */
  answer(generate: (listener: Listener) => Promise<Sample>): Promise<void>;
  /** Ends the REPL after this command. */
  leave(): void;
}

interface Command {
  readonly usage: string;
  readonly describe: string;
  /** @param argument the text after the name of the command; may be "" */
  run(context: CommandContext, argument: string): Promise<void>;
}

/** In the order of /help. */
const commands: Readonly<Record<string, Command>> = {
  help: { usage: "/help", describe: "Show this", run: ({ output }) => output.write(helpText()) },
  exit: { usage: "/exit", describe: "Leave; so does Ctrl-D", run: async (context) => context.leave() },
  clear: { usage: "/clear", describe: "Forget the text", run: clear },
  undo: { usage: "/undo", describe: "Take back the last turn, what you typed and the answer", run: undo },
  regen: { usage: "/regen", describe: "Write another answer for the last turn", run: regenerate },
  back: { usage: "/back [N]", describe: "Take back the last N tokens, or the last one", run: back },
  top: { usage: "/top", describe: "Show the ten likeliest next tokens", run: top },
  pick: { usage: "/pick K", describe: "Append the K-th of them and go on from there", run: pick },
  set: { usage: "/set [KEY [VALUE]]", describe: "Change a setting, or show one or all", run: set },
  stats: { usage: "/stats", describe: "Show tokens, rates, seed and memory", run: stats },
  save: {
    usage: "/save FILE",
    describe: "Save the text with its turns and the settings",
    run: (context, path) => save(context, path, false),
  },
  "save!": {
    usage: "/save! FILE",
    describe: "The same in place of any file",
    run: (context, path) => save(context, path, true),
  },
  load: { usage: "/load FILE", describe: "Go on with what was saved", run: load },
};

/** Whether the input is a command and no text. */
export const isCommand = (input: string): boolean => /^\/(?!\/)/.test(input);

/** The text of an input: two slashes at its start stand for one. */
export const textOfInput = (input: string): string => input.replace(/^\/\//, "/");

/** @throws GptError for an unknown command, and for a command that cannot be carried out */
export async function runCommand(input: string, context: CommandContext): Promise<void> {
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*)$/s.exec(input) ?? [];
  const command = commands[name];
  if (command === undefined || !Object.hasOwn(commands, name)) throw unknownCommand(name);
  if (argument !== "" && !command.usage.includes(" ")) {
    throw new GptError("usage", `${command.usage} takes nothing after it, found ${quote(argument)}`);
  }
  await command.run(context, argument);
}

function unknownCommand(name: string): GptError {
  const near = closest(name, Object.keys(commands));
  const advice = near
    ? `did you mean /${near}?`
    : "/help lists them; text that begins with a slash is typed with two";
  return new GptError("usage", `unknown command ${quote(`/${name}`)}: ${advice}`);
}

/** The possible ends of a line, and the part of the line that each of them replaces. */
export function completions(line: string): [completions: string[], part: string] {
  const [, key] = /^\/set\s+(\S*)$/.exec(line) ?? [];
  if (key !== undefined) return [startingWith(key, settingNames), key];
  const [, path] = /^\/(?:save!?|load)\s+(.*)$/.exec(line) ?? [];
  if (path !== undefined) return [completePath(path), path];
  const names = Object.keys(commands).map((name) => `/${name}`);
  return [/^\/[a-z]*$/.test(line) ? startingWith(line, names) : [], line];
}

/** The words that begin with a part, with a space if there is only one. */
function startingWith(part: string, words: readonly string[]): string[] {
  const found = words.filter((word) => word.startsWith(part));
  return found.length === 1 ? found.map((word) => `${word} `) : found;
}

const helpText = (): string => `\
What you type is appended to the text as it is, with a space only where you type
one, and the model goes on; Enter alone lets it go on. A line that ends in a
backslash goes on in the next one (\\\\ is a backslash at the end), and a pasted
text may have many lines. Text that begins with a slash is typed with two.
Ctrl-C stops an answer and keeps what there is.

${pairs(Object.values(commands).map(({ usage, describe }) => [usage, describe]))}
/set knows the sampling flags of gpt generate, and KEY=VALUE too. The value
default takes a setting back; a text in quotes may have escapes, as in JSON:
/set stop "\\n"
`;

async function clear(context: CommandContext): Promise<void> {
  context.conversation.restore([]);
  await showEnd(context);
}

async function undo(context: CommandContext): Promise<void> {
  context.conversation.transcript.undo();
  await showEnd(context);
}

function regenerate(context: CommandContext): Promise<void> {
  return context.answer((listener) => context.conversation.regenerate(listener));
}

async function back(context: CommandContext, argument: string): Promise<void> {
  context.conversation.transcript.back(argument === "" ? 1 : naming("/back", integer(1))(argument));
  await showEnd(context);
}

async function top(context: CommandContext): Promise<void> {
  const { conversation, output, style, columns } = context;
  const likeliest = await context.runInterruptibly((signal) => conversation.likeliest(signal));
  await output.writeStyled(bars(likeliest, conversation.tokenizer, style, columns));
}

function pick(context: CommandContext, argument: string): Promise<void> {
  const { conversation } = context;
  const rank = naming("/pick", integer(1))(argument);
  return context.answer(async (listener) => {
    const likeliest = await conversation.likeliest(listener.signal);
    const token = likeliest[rank - 1];
    if (token === undefined)
      throw new GptError("usage", `/top has ${likeliest.length} tokens, found ${rank}`);
    await listener.onText(conversation.textOf([token.id]));
    return conversation.say([token.id], listener);
  });
}

async function set({ conversation, output }: CommandContext, argument: string): Promise<void> {
  const { options, model } = conversation;
  const [, key = "", value = ""] = /^([^\s=]*)(?:=|\s*)(.*)$/s.exec(argument) ?? [];
  const names = key === "" ? undefined : [settingNamed(key)];
  const [name] = names ?? [];
  if (name === undefined || value === "") {
    return output.write(settingsTable(options, model.generationDefaults, names));
  }
  conversation.options = changed(options, name, settingTexts(value));
}

async function stats({ conversation, output }: CommandContext): Promise<void> {
  const { transcript, model, cache, last, options } = conversation;
  const { length } = transcript.ids;
  const rows: readonly (readonly [string, string])[] = [
    ["text", fill(length, model.contextSize)],
    ["turns", thousands(transcript.turns.length)],
    ["cache", `${thousands(cache.positions)} positions, ${bytes(cache.bytes)}`],
    ["last answer", last ? sampleLine(last) : "none yet"],
    ["next seed", String(options.seed)],
  ];
  await output.write(pairs(rows));
}

/** The share of the context that a text takes. Tokens that `overflow` drops stay in the text. */
function fill(length: number, contextSize: number): string {
  const [tokens, size] = [thousands(length), thousands(contextSize)];
  if (length > contextSize) return `${tokens} tokens, the context holds the last of them, at most ${size}`;
  return `${tokens} of ${size} tokens (${Math.round((100 * length) / contextSize)}%)`;
}

async function save(context: CommandContext, argument: string, replace: boolean): Promise<void> {
  const { conversation, modelName } = context;
  if (argument === "") throw new GptError("usage", "/save FILE: which file?");
  const path = expandHome(argument);
  await saveConversation(path, conversation, modelName, replace);
  context.note(`saved ${thousands(conversation.transcript.ids.length)} tokens to ${path}`);
}

async function load(context: CommandContext, argument: string): Promise<void> {
  const { conversation, modelName } = context;
  if (argument === "") throw new GptError("usage", "/load FILE: which file?");
  const savedWith = await loadConversation(expandHome(argument), conversation);
  if (savedWith !== modelName)
    context.note(`saved with the model ${quote(savedWith)}, this is ${quote(modelName)}`);
  await showEnd(context);
}

/** The last characters of a text, enough to recognize the place. */
const SHOWN_CHARACTERS = 60;

async function showEnd(context: CommandContext): Promise<void> {
  const characters = Array.from(context.conversation.text);
  if (characters.length === 0) return context.note("the text is empty");
  const end = JSON.stringify(characters.slice(-SHOWN_CHARACTERS).join(""));
  await context.output.write(`${characters.length > SHOWN_CHARACTERS ? "… " : ""}${end}\n`);
}
