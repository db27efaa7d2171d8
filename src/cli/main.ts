/** `gpt`: reads the command line, runs a verb, and turns whatever is thrown into one line and an exit status. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import yargs, { type Argv } from "yargs";
import { GptError } from "../errors.ts";
import { canonicalArguments, splitVerb } from "./arguments/arguments.ts";
import { commonFlags } from "./arguments/flags.ts";
import { help } from "./command.ts";
import { exitStatus, internalErrorStatus, signalStatus } from "./exit-codes.ts";
import { Interrupted } from "./terminal/interrupt.ts";
import { Output, printable, ReaderGone } from "./terminal/output.ts";
import { verbs } from "./verbs.ts";

declare module "yargs" {
  interface Argv<T> {
    /** Missing in @types/yargs. */
    usageConfiguration(configuration: { "hide-types": boolean }): this;
  }
}

const examples = [
  'gpt generate "Once upon a time"',
  'echo "Once upon a time" | gpt generate -n 200 --temp 0.7 --seed 1',
  'gpt tokenize "Hello, world" --ids | gpt detokenize',
  "gpt inspect models/stories-gpt2",
];

export async function main(argv: readonly string[]): Promise<void> {
  process.stderr.on("error", () => {}); // nobody is left to tell
  try {
    await run(argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes("--debug"));
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const { verb, rest } = splitVerb(argv, verbs);
  const parser = createParser();
  if (verb !== undefined) {
    const { command } = await verb.load();
    command.register(parser, verb);
    return await parse(parser, canonicalArguments(rest, verb, command.flags));
  }
  for (const { usage, describe } of verbs) parser.command(usage, describe);
  parser.epilogue("gpt <command> --help lists the flags of a command.");
  if (argv.length > 0) return await parse(parser, rest);
  process.stderr.write(`${await parser.getHelp()}\n`);
  process.exitCode = exitStatus("usage");
}

function createParser(): Argv {
  return yargs()
    .scriptName("gpt")
    .locale("en")
    .usage(help("<command> [flags]", "A GPT that lives in the terminal.", examples))
    .parserConfiguration({ "boolean-negation": false, "dot-notation": false, "nargs-eats-options": true })
    .demandCommand(1, "which command? gpt --help lists them")
    .strict()
    .help(false)
    .version(false)
    .options(commonFlags)
    .help("help", commonFlags.help.describe)
    .version("version", commonFlags.version.describe, packageVersion())
    .usageConfiguration({ "hide-types": true })
    .wrap(Math.min(100, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw message ? new GptError("usage", message) : error;
    });
}

/** Runs the verb. What yargs itself has to say, help or the version, is the product instead. */
async function parse(parser: Argv, argv: readonly string[]): Promise<void> {
  let shown = "";
  await parser.parseAsync(argv, {}, (_error, _arguments, text) => {
    shown = text;
  });
  const output = new Output();
  await output.write(shown);
  await output.endLine();
}

/** Says what went wrong, on one line, and returns the exit status that tells programs. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof ReaderGone) return 0;
  if (error instanceof Interrupted) return signalStatus[error.signal];
  const known = error instanceof GptError;
  const message = error instanceof Error ? error.message : String(error);
  const line = known ? message : `internal error: ${message} (--debug shows where; please report it)`;
  process.stderr.write(`gpt: ${printable(line.replace(/\s*\n\s*/g, " "))}\n`);
  if (debug) process.stderr.write(`${inspect(error)}\n`);
  return known ? exitStatus(error.code) : internalErrorStatus;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
