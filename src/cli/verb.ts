/** A verb of `gpt`: its line in the table of verbs, and the command that its module holds. */
import type { Flags } from "./flags/flags.ts";
import type { RawFlags } from "./flags/raw-flags.ts";

export interface Verb {
  /** Its name, then its positionals: each is the name of a flag too. `..` takes all words that are left. */
  readonly usage: string;
  readonly describe: string;
  load(): Promise<{ readonly command: Command }>;
}

export interface Command {
  readonly examples: readonly string[];
  readonly flags: Flags;
  run(flags: RawFlags, context: RunContext): Promise<void>;
}

/** Facts of the program that a command may need beside its flags. */
export interface RunContext {
  readonly verbs: readonly Verb[];
}

export const nameOf = ({ usage }: Verb): string => usage.split(" ", 1).join();

/** The flags of every verb, in the verbs' order. */
export const flagsOf = (verbs: readonly Verb[]): Promise<Flags[]> =>
  Promise.all(verbs.map(async ({ load }) => (await load()).command.flags));
