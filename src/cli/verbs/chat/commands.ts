/** The commands of `gpt chat`, in the order of /help. */
import { existsSync } from "node:fs";
import type { Chat, ChatListener } from "../../../chat/chat.ts";
import { messageLines, parseMessageLines } from "../../../chat/messages-file.ts";
import { closest } from "../../../checks/closest.ts";
import { GptError } from "../../../errors.ts";
import { readText } from "../../../files/file.ts";
import { quote } from "../../../files/quote.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { openDestination } from "../../terminal/destination.ts";
import { counted, pairs, thousands } from "../../terminal/format.ts";
import type { Output } from "../../terminal/output.ts";
import { completePath, expandHome } from "../generate/interactive/conversation-file.ts";
import {
  changed,
  settingNamed,
  settingNames,
  settingsTable,
  settingTexts,
} from "../generate/interactive/settings.ts";
import { sampleLine } from "../generate/report.ts";

/** A command works on this, and writes to it. */
export interface ChatContext {
  readonly chat: Chat;
  readonly output: Output;
  note(text: string): void;
  leave(): void;
  showPrompt(): Promise<void>;
  answer(generate: (listener: ChatListener) => Promise<Sample>): Promise<void>;
}

interface Command {
  readonly usage: string;
  readonly describe: string;
  run(context: ChatContext, argument: string): Promise<void>;
}

const commands = new Map<string, Command>([
  ["help", { usage: "/help", describe: "Show this", run: ({ output }) => output.write(helpText()) }],
  ["exit", { usage: "/exit", describe: "Leave; so does Ctrl-D", run: async (context) => context.leave() }],
  ["clear", { usage: "/clear", describe: "Forget the conversation, but the system prompt", run: clear }],
  ["undo", { usage: "/undo", describe: "Take back the last message and its answer", run: undo }],
  ["regen", { usage: "/regen", describe: "Write another answer for the last message", run: regenerate }],
  ["system", { usage: "/system [TEXT]", describe: "Show the system prompt, or set it", run: system }],
  [
    "prompt",
    { usage: "/prompt", describe: "Show the prompt: who wrote what", run: (context) => context.showPrompt() },
  ],
  ["set", { usage: "/set [KEY [VALUE]]", describe: "Change a setting, or show one or all", run: set }],
  ["stats", { usage: "/stats", describe: "Show messages, tokens, rates and seed", run: stats }],
  ["save", { usage: "/save FILE", describe: "Save the messages, a line of JSON each", run: save }],
  ["load", { usage: "/load FILE", describe: "Go on with saved messages", run: load }],
]);

export const isCommand = (input: string): boolean => /^\/(?!\/)/.test(input);

/** Two slashes at the start of a message stand for one. */
export const textOfInput = (input: string): string => input.replace(/^\/\//, "/");

/** @throws GptError for an unknown command, and for one that cannot be carried out */
export async function runCommand(input: string, context: ChatContext): Promise<void> {
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*)$/s.exec(input) ?? [];
  const command = commands.get(name);
  if (command === undefined) {
    const near = closest(name, commands.keys());
    const advice = near ? `did you mean /${near}?` : "/help lists them";
    throw new GptError("usage", `unknown command ${quote(`/${name}`)}: ${advice}`);
  }
  if (argument !== "" && !command.usage.includes(" ")) {
    throw new GptError("usage", `${command.usage} takes nothing after it, found ${quote(argument)}`);
  }
  if (argument === "" && command.usage.endsWith(" FILE")) {
    throw new GptError("usage", `${command.usage}: which file?`);
  }
  await command.run(context, argument);
}

/** The possible ends of a line, and the part of the line that each of them replaces. */
export function completions(line: string): [completions: string[], part: string] {
  const [, key] = /^\/set\s+(\S*)$/.exec(line) ?? [];
  if (key !== undefined) return [settingNames.filter((name) => name.startsWith(key)), key];
  const [, path] = /^\/(?:save|load)\s+(.*)$/.exec(line) ?? [];
  if (path !== undefined) return [completePath(path), path];
  const names = [...commands.keys()].map((name) => `/${name} `);
  return [/^\/[a-z]*$/.test(line) ? names.filter((name) => name.startsWith(line)) : [], line];
}

const helpText = (): string => `\
What you type is a message to the model. A line that ends in a backslash goes on
in the next one. A message that begins with a slash is typed with two. Ctrl-C
stops an answer and keeps what there is.

${pairs([...commands.values()].map(({ usage, describe }) => [usage, describe]))}`;

async function clear({ chat }: ChatContext): Promise<void> {
  chat.restore([]);
}

async function undo(context: ChatContext): Promise<void> {
  context.chat.undo();
  context.note(`${counted(context.chat.messages.length, "message")} left`);
}

function regenerate(context: ChatContext): Promise<void> {
  return context.answer((listener) => context.chat.regenerate(listener));
}

async function system({ chat, output }: ChatContext, argument: string): Promise<void> {
  if (argument === "") await output.write(`${chat.system ?? "(none)"}\n`);
  else chat.system = argument;
}

async function set({ chat, output }: ChatContext, argument: string): Promise<void> {
  const [, key = "", value = ""] = /^([^\s=]*)(?:=|\s*)(.*)$/s.exec(argument) ?? [];
  const names = key === "" ? undefined : [settingNamed(key)];
  const [name] = names ?? [];
  if (name !== undefined && value !== "") chat.options = changed(chat.options, name, settingTexts(value));
  else await output.write(settingsTable(chat.options, chat.model.generationDefaults, names));
}

async function stats({ chat, output }: ChatContext): Promise<void> {
  await output.write(
    pairs([
      ["messages", thousands(chat.messages.length)],
      ["cache", `${thousands(chat.cached)} of ${thousands(chat.model.contextSize)} positions`],
      ["last answer", chat.last ? sampleLine(chat.last) : "none yet"],
      ["next seed", String(chat.options.seed)],
    ]),
  );
}

/** A file that is no saved conversation is not replaced. */
async function save({ chat }: ChatContext, argument: string): Promise<void> {
  const path = expandHome(argument);
  if (existsSync(path)) await checkReplaceable(path);
  const first = chat.system === undefined ? [] : [{ role: "system", content: chat.system }];
  await using destination = await openDestination(path);
  await destination.output.write(messageLines([...first, ...chat.messages]));
  await destination.keep();
}

async function checkReplaceable(path: string): Promise<void> {
  try {
    parseMessageLines(await readText(path), path);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError(
      error.code,
      `${error.message}; /save replaces only conversations: choose another name`,
    );
  }
}

async function load(context: ChatContext, argument: string): Promise<void> {
  const path = expandHome(argument);
  context.chat.restore(parseMessageLines(await readText(path), path));
  context.note(`${counted(context.chat.messages.length, "message")} loaded`);
}
