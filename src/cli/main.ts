/** `gpt`: reads the command line, runs a verb, and turns errors into one line and an exit status. */
import { inspect } from "node:util";
import { GptError } from "../errors.ts";
import { packageVersion } from "../host/package-files.ts";
import { exitStatus, internalErrorStatus, signalStatus } from "./exit-codes.ts";
import { findVerb } from "./find-verb.ts";
import { readCommandLine } from "./flags/command-line.ts";
import { flagsFromEnvironment } from "./flags/environment.ts";
import { commonFlags, type Flags } from "./flags/flags.ts";
import { inFlagNames } from "./flags/option-names.ts";
import { layered, type RawFlags } from "./flags/raw-flags.ts";
import { helpPage } from "./help-page.ts";
import { overview } from "./overview.ts";
import { Interrupted } from "./terminal/interrupt.ts";
import { Output, printable, ReaderGone } from "./terminal/output.ts";
import { topicPage } from "./topics.ts";
import { flagsOf, type Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

export async function main(argv: readonly string[]): Promise<void> {
  process.stderr.on("error", () => {}); // no reader is left
  try {
    await run(argv);
  } catch (error) {
    process.exitCode = report(causeOf(error), argv.includes("--debug") || isDebugged());
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const [word, topic] = argv;
  const page = word === "help" && topic !== undefined ? await topicPage(topic, verbs) : undefined;
  if (page !== undefined) return await show(page);
  const { verb, rest } = findVerb(argv, verbs);
  if (verb === undefined) await runAlone(rest);
  else await runVerb(verb, rest);
}

/** No verb: flags about `gpt` itself. --help and --version alone need no yargs. */
async function runAlone(argv: readonly string[]): Promise<void> {
  const [only, ...others] = argv;
  if (only === undefined) {
    process.stderr.write(overview(verbs));
    process.exitCode = exitStatus("usage");
    return;
  }
  const isAlone = others.length === 0;
  const isHelp = isAlone && (only === "--help" || only === "-h");
  const isVersion = isAlone && (only === "--version" || only === "-V");
  const flags = isHelp || isVersion ? undefined : await readCommandLine(argv, "", commonFlags);
  if (isHelp || flags?.has("help")) return await show(overview(verbs));
  if (isVersion || flags?.has("version")) return await show(packageVersion());
  throw new GptError("usage", "which command? gpt --help lists them");
}

async function runVerb(verb: Verb, argv: readonly string[]): Promise<void> {
  const { command } = await verb.load();
  const typed = await readCommandLine(argv, verb.usage, { ...command.flags, ...commonFlags });
  if (typed.has("version")) return await show(packageVersion());
  if (typed.has("help")) return await show(await helpPage(verb, command));
  await command.run(await completed(typed, command.flags), { verbs });
}

/** Typed flags over flags of the environment over flags of the config file. */
async function completed(typed: RawFlags, flags: Flags): Promise<RawFlags> {
  const given = layered(flagsFromEnvironment({ ...flags, ...commonFlags }, process.env), typed);
  const path = given.get("config")?.values.at(-1);
  if (path === undefined) return given;
  const { flagsFromFile } = await import("./flags/config-file.ts");
  return layered(await flagsFromFile(path, flags, () => flagsOf(verbs)), given);
}

async function show(text: string): Promise<void> {
  const output = new Output();
  await output.write(text);
  await output.endLine();
}

/** The error that came first. A failed disposal after it wraps it in a SuppressedError. */
function causeOf(error: unknown): unknown {
  const isWrapped = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return isWrapped ? causeOf(error.suppressed) : error;
}

const NO_DIRECTORY = "the working directory is gone: change to one that is there";

/** Whether the working directory was removed. Node says so wherever a path is made whole. */
const isWithoutDirectory = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && error.syscall === "uv_cwd";

/** Writes an error on one line and returns the exit status. */
function report(thrown: unknown, debug: boolean): number {
  const error = isWithoutDirectory(thrown) ? new GptError("not-found", NO_DIRECTORY) : inFlagNames(thrown);
  if (error instanceof ReaderGone) return 0;
  if (error instanceof Interrupted) {
    // Without its terminal Node aborts as it exits: the signal ends it, as it would have done at once.
    if (error.signal === "SIGHUP") process.kill(process.pid, error.signal);
    return signalStatus[error.signal];
  }
  const known = error instanceof GptError;
  const message = error instanceof Error ? error.message : String(error);
  const line = known ? message : `internal error: ${message} (--debug shows where; please report it)`;
  process.stderr.write(`gpt: ${printable(line.replace(/\s*\n\s*/g, " "))}\n`);
  if (debug) process.stderr.write(`${inspect(error)}\n`);
  return known ? exitStatus(error.code) : internalErrorStatus;
}

/** Read without checks: this must not fail while an error is reported. */
const isDebugged = (): boolean => /^(1|true|yes|on)$/i.test(process.env.GPT_DEBUG ?? "");
