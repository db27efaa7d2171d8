/**
 * The command line -> raw flags, by yargs.
 *
 * yargs leaves `-`, `- item` and `-5` as words, and a text after `--` unchanged. This file gives words the
 * names of the verb's positionals, because yargs' own positionals parse such a text as a flag again. It also
 * rewords yargs' errors.
 */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { FlagNames } from "./flag-names.ts";
import { type Flag, type Flags, longName } from "./flags.ts";
import type { RawFlag, RawFlags } from "./raw-flags.ts";
import { createParser, type ParsedByYargs } from "./yargs.ts";

/** A dash before anything but a letter is text: `-5`, `- item`, `---`. */
export const looksLikeFlag = (argument: string): boolean => /^--?[a-z]/i.test(argument);

/**
 * @param argv the arguments without the verb
 * @param usage the verb and its positionals
 * @throws GptError `usage` for an unknown flag, a missing value, and a word too many
 */
export async function readCommandLine(
  argv: readonly string[],
  usage: string,
  flags: Flags,
): Promise<RawFlags> {
  const line = new CommandLine(argv, usage, flags);
  const parser = await createParser();
  parser.options(line.names.yargsOptions()).fail((message, error) => {
    throw message ? line.refusal(message) : error;
  });
  return line.read(await parser.parseAsync([...argv]));
}

class CommandLine {
  readonly names: FlagNames;
  readonly #argv: readonly string[];
  readonly #verb: string;
  readonly #positionals: readonly string[];
  readonly #flags: Flags;
  readonly #values = new Map<string, string[]>();

  constructor(argv: readonly string[], usage: string, flags: Flags) {
    this.names = new FlagNames(flags);
    this.#argv = argv;
    [this.#verb = "", ...this.#positionals] = usage.split(" ");
    this.#flags = flags;
  }

  /** @param parsed its keys stand in the order in which they are first typed */
  read({ _: words, "--": literal = [], $0: _, ...typed }: ParsedByYargs): RawFlags {
    for (const [key, value] of Object.entries(typed)) this.#take(key, value);
    this.#refuseMisread();
    const dash = this.#flags[nameOfPositional(this.#positionals[0])]?.dash;
    const texts: string[] = [];
    for (const word of words.map(String)) {
      if (looksLikeFlag(word)) throw this.names.unknown(word, this.#verb);
      if (word === "-" && dash !== undefined) this.#addOnce(dash, word);
      else texts.push(word);
    }
    this.#nameWords([...texts, ...literal.map(String)]);
    const raw = [...this.#values].map(([name, values]): [string, RawFlag] => [
      name,
      { origin: `--${name}`, values, source: "typed" },
    ]);
    return new Map(raw);
  }

  /** An error of yargs in our words. */
  refusal(message: string): GptError {
    const [, problem, key = ""] = /^(Not enough|Argument unexpected).*?: (.*)$/s.exec(message) ?? [];
    const typed = longName(spelled(key));
    if (problem === undefined) return new GptError("usage", message);
    if (problem === "Not enough") return new GptError("usage", `${typed} needs a value`);
    const word = this.#argv.find((argument) => longName(argument).startsWith(`${typed}=`)) ?? "";
    return new GptError("usage", `${typed} takes no value, found ${quote(word.slice(typed.length + 1))}`);
  }

  #take(key: string, value: unknown): void {
    const meaning = this.names.get(spelled(key));
    const flag = this.#flags[meaning?.name ?? ""];
    if (meaning === undefined || flag === undefined) throw this.#unknownKey(key);
    const { name } = meaning;
    if (meaning.off) this.#values.set(name, []);
    else if (meaning.value !== undefined) this.#values.set(name, [meaning.value]);
    else if (flag.type === "string") this.#takeTexts(name, flag, [value].flat().map(String));
    else if (value !== 0) this.#values.set(name, Array<string>(Number(value)).fill(""));
  }

  /** A flag with `dash` gives a value `-` to another flag: it means standard input. */
  #takeTexts(name: string, { dash }: Flag, texts: readonly string[]): void {
    const own = texts.filter((text) => text !== "-" || dash === undefined);
    if (own.length > 0) this.#values.set(name, own);
    if (own.length < texts.length && dash !== undefined) this.#addOnce(dash, "-");
  }

  /** yargs does not tell `--stop -n` from `--stop=-n`, and reads `-mtiny` letter by letter. */
  #refuseMisread(): void {
    const places = this.#placesOfFlags();
    for (const [name, values] of this.#values) {
      const { type, alias } = this.#flags[name] ?? {};
      if (type !== "string") continue;
      const at = places.find(
        (i) => this.#flagOfValueBehind(this.#argv[i]) === name && this.names.get(this.#argv[i + 1] ?? ""),
      );
      if (at !== undefined) {
        const [typed = "", value = ""] = this.#argv.slice(at, at + 2);
        const problem = `needs a value, found ${value} (${typed}=${value} gives it that)`;
        throw new GptError("usage", `${typed} ${problem}`);
      }
      if (alias === undefined || !values.includes("")) continue;
      const isGroup = (word: string) => /^-[a-z]./i.test(word) && word.slice(1, -1).includes(alias);
      const group = places.map((i) => this.#argv[i] ?? "").find(isGroup);
      if (group !== undefined) throw this.names.unknown(group, this.#verb);
    }
  }

  /** Where in argv flags stand: a word behind a flag with a value is that value, whatever it looks like. */
  #placesOfFlags(): number[] {
    const places: number[] = [];
    for (let i = 0; i < this.#argv.length && this.#argv[i] !== "--"; i++) {
      const word = this.#argv[i] ?? "";
      if (!looksLikeFlag(word)) continue;
      places.push(i);
      if (this.#flagOfValueBehind(word) !== undefined) i++;
    }
    return places;
  }

  /** The flag that takes the next word as its value: of `-qr` the last letter. */
  #flagOfValueBehind(word = ""): string | undefined {
    const { name = "", value, off } = this.names.get(word.replace(/^-[a-z]*(?=[a-z]$)/i, "-")) ?? {};
    return this.#flags[name]?.type === "string" && value === undefined && !off ? name : undefined;
  }

  /** A key of one character is one of several behind a dash: `-temp`, `-r.`. */
  #unknownKey(key: string): GptError {
    const isGroup = (word: string) => /^-[a-z]/i.test(word) && word.slice(1).includes(key);
    const group = key.length === 1 ? this.#argv.find(isGroup) : undefined;
    return this.names.unknown(group ?? spelled(key), this.#verb);
  }

  /** Gives words to the verb's positionals. */
  #nameWords(words: string[]): void {
    for (const positional of this.#positionals) {
      if (words.length === 0) return;
      const name = nameOfPositional(positional);
      const taken = words.splice(0, positional.includes("..") ? words.length : 1);
      if (!this.#flags[name]?.repeatable) this.#addOnce(name, taken.join(" "));
      else this.#values.set(name, [...(this.#values.get(name) ?? []), ...taken]);
    }
    if (words.length === 0) return;
    const advice = "text with spaces needs quotes";
    throw new GptError("usage", `gpt ${this.#verb}: unexpected ${quote(words.join(" "))}; ${advice}`);
  }

  #addOnce(name: string, value: string): void {
    if (this.#values.has(name)) throw new GptError("usage", `--${name} is given twice: ${quote(value)} too`);
    this.#values.set(name, [value]);
  }
}

/** `prompt` of `[prompt]`, `ids` of `[ids..]`. */
export const nameOfPositional = (positional = ""): string => positional.replace(/\W/g, "");

/** A key of yargs with its dashes. */
const spelled = (key: string): string => (key.length === 1 ? `-${key}` : `--${key}`);
