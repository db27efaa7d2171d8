/**
 * Everything that may be typed for a flag: its own name, other tools' names, a letter, and the way to take a
 * switch back.
 */
import type { Options } from "yargs";
import { closest } from "../../checks/closest.ts";
import { GptError } from "../../errors.ts";
import { type Flags, inheritable, longName, longNames } from "./flags.ts";

/** Meaning of a name: a flag, a flag with a value (`--no-color`), or a switch that is off (`--no-quiet`). */
export interface Meaning {
  readonly name: string;
  readonly value?: string;
  readonly off?: boolean;
}

export class FlagNames {
  readonly #flags: Flags;
  /** By `--temp`, `--temperature`, `-n`, `--no-color`. */
  readonly #meanings: ReadonlyMap<string, Meaning>;

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#meanings = new Map(meanings(flags));
  }

  /** @param typed with its dashes; `_` is understood for `-` */
  get(typed: string): Meaning | undefined {
    return this.#meanings.get(longName(typed));
  }

  /** The names as yargs options. `nargs` 0 keeps a switch from consuming the word `true` behind it. */
  yargsOptions(): Record<string, Options> {
    const options: Record<string, Options & { alias: string[] }> = {};
    for (const [typed, { name, value, off }] of this.#meanings) {
      const bare = typed.replace(/^-+/, "");
      const isOther = value !== undefined || off === true;
      const type = isOther ? "boolean" : this.#flags[name]?.type;
      options[isOther ? bare : name] ??= { type, nargs: type === "string" ? 1 : 0, alias: [] };
      options[isOther ? bare : name]?.alias.push(...underscored(bare));
    }
    return options;
  }

  /** @param word as typed, perhaps with a value behind `=`. @param verb "" without one */
  unknown(word: string, verb: string): GptError {
    const typed = longName(word.replace(/=.*$/s, ""));
    const isGroup = !typed.startsWith("--") && this.get(`-${typed}`) === undefined;
    if (isGroup) return this.#unknownLetter(word, verb);
    const near = closest(typed, this.#meanings.keys());
    return unknownFlag(typed, near ? `did you mean ${near}?` : whereFlagsAre(verb));
  }

  /** Of letters that stand together: `-qx`, `-mtiny`. yargs reads the letters of a value as flags. */
  #unknownLetter(word: string, verb: string): GptError {
    for (const [index, letter] of [...word.slice(1)].entries()) {
      const { name = "" } = this.get(`-${letter}`) ?? {};
      if (name === "") return unknownFlag(`-${letter}`, whereFlagsAre(verb));
      if (this.#flags[name]?.type !== "string") continue;
      const value = word.slice(index + 2).replace(/^=/, "") || "''";
      const advice = `a value of -${letter} goes behind a space: -${letter} ${value}`;
      return new GptError("usage", `${word}: ${advice}`);
    }
    return unknownFlag(word, whereFlagsAre(verb));
  }
}

const unknownFlag = (typed: string, advice: string): GptError =>
  new GptError("usage", `unknown flag ${typed}: ${advice}`);

const whereFlagsAre = (verb: string): string =>
  `see gpt ${verb === "" ? "" : `${verb} `}--help; text that starts with a dash goes after --`;

/** Own names come last: they count before other tools' names. */
function* meanings(flags: Flags): Generator<readonly [typed: string, meaning: Meaning]> {
  for (const [name, { type }] of Object.entries(inheritable(flags))) {
    const opposite = name.startsWith("no-") ? name.slice(3) : `no-${name}`;
    if (type !== "string") yield [`--${opposite}`, { name, off: true }];
  }
  for (const [name, { alias, shorthands = {} }] of Object.entries(flags)) {
    for (const [long, value] of Object.entries(shorthands)) yield [`--${long}`, { name, value }];
    if (alias !== undefined) yield [`-${alias}`, { name }];
  }
  for (const [long, name] of longNames(flags)) yield [`--${long}`, { name }];
}

/** A name with `-` or `_` at each place: yargs has no rule for it, only names. */
const underscored = (name: string): string[] =>
  name
    .split("-")
    .reduce<string[]>(
      (starts, part) =>
        starts.length === 0 ? [part] : starts.flatMap((start) => [`${start}-${part}`, `${start}_${part}`]),
      [],
    );
