/** Defines the command of a verb: its flags, as data, and its handler. */
import { type Conflict, settled } from "./flags/conflicts.ts";
import type { Flags } from "./flags/flags.ts";
import { type ParsedFlags, parseFlags } from "./flags/parsed-flags.ts";
import type { Command, RunContext } from "./verb.ts";

interface Definition<F extends Flags> {
  readonly examples: readonly string[];
  readonly flags: F;
  /** Flags that do not go together. The handler gets flags without such conflicts. */
  conflicts?(flags: ParsedFlags<F>): readonly Conflict[];
  handler(flags: ParsedFlags<F>, context: RunContext): Promise<void>;
}

/** Infers the type of the handler's flags from their definitions. */
export function defineCommand<const F extends Flags>({
  examples,
  flags,
  conflicts = () => [],
  handler,
}: Definition<F>): Command {
  return {
    examples,
    flags,
    run: (raw, context) => handler(settled(parseFlags(raw, flags), conflicts), context),
  };
}
