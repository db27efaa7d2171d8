/**
 * Functions of a file that the model may call. Each may name a command that answers it:
 *
 *     [{"type": "function", "function": {"name": "weather", "parameters": {..}}, "command": ["weather", "{city}"]}]
 */
import { spawn } from "node:child_process";
import { type ExactJson, parseExactJson } from "../../../chat/jinja/values/json-values.ts";
import type { MessageCall } from "../../../chat/template/messages.ts";
import { Tools } from "../../../chat/tools/tools.ts";
import { GptError } from "../../../errors.ts";

/** A command has this time, and gives this much of its output. */
const SECONDS = 60;
const MOST_CHARACTERS = 65_536;

export interface DeclaredTools {
  readonly tools: Tools;
  /** By the name of the function: a program and its arguments, where {NAME} stands for an argument. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
}

/** @throws GptError `invalid-file` */
export function parseTools(text: string, file: string): DeclaredTools {
  const reject = (problem: string) => new GptError("invalid-file", `${file}: ${problem}`);
  let json: ExactJson;
  try {
    json = parseExactJson(text);
  } catch (error) {
    throw reject(`is no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(json))
    throw reject('expected a list of functions: [{"type": "function", "function": {..}}]');
  const commands = new Map<string, readonly string[]>();
  try {
    const tools = new Tools(json.map(withoutCommand));
    for (const [index, name] of [...tools.names].entries()) {
      const entry = json[index] as ReadonlyMap<string, ExactJson>;
      const command = entry.get("command");
      if (command !== undefined) commands.set(name, argumentsIn(command, index));
    }
    return { tools, commands };
  } catch (error) {
    if (error instanceof TypeError) throw reject(`expected ${error.message}`);
    throw error;
  }
}

function argumentsIn(command: ExactJson, index: number): readonly string[] {
  const isList = Array.isArray(command) && command.length > 0;
  if (isList && command.every((word: ExactJson) => typeof word === "string")) return command;
  throw new TypeError(`a command as a list of a program and its arguments at ${index}`);
}

const withoutCommand = (entry: ExactJson): ExactJson =>
  entry instanceof Map ? new Map([...entry].filter(([key]) => key !== "command")) : entry;

/** The words of a command for a call. No shell reads them. */
export function filledCommand(command: readonly string[], { function: own }: MessageCall): readonly string[] {
  const given = parseExactJson(own.arguments) as ReadonlyMap<string, ExactJson>;
  const parsed: Record<string, unknown> = JSON.parse(own.arguments);
  return command.map((word) =>
    word.replace(/\{([\w.-]+)\}/g, (whole, name: string) => {
      const value = given.get(name);
      if (value === undefined) return whole;
      return typeof value === "string" ? value : JSON.stringify(parsed[name]);
    }),
  );
}

/** Runs a command with the arguments of a call, as JSON, in its standard input. @returns what it says */
export async function runCalled(
  [program = "", ...words]: readonly string[],
  { function: own }: MessageCall,
  signal: AbortSignal,
): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(1000 * SECONDS)]);
  return await new Promise((resolve) => {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], signal: limit });
    let output = "";
    let problem = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(0, MOST_CHARACTERS);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      problem = (problem + text).slice(0, MOST_CHARACTERS);
    });
    child.stdin.on("error", () => {}); // a command need not read
    child.stdin.end(own.arguments);
    child.on("error", (error) => resolve(`error: ${error.message}`));
    child.on("close", (status) =>
      resolve(status === 0 ? output : `error: exit status ${status}: ${problem}`),
    );
  });
}
