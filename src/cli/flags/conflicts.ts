/** Flags that do not go together. One that was typed is refused; one that was inherited gives way in silence. */
import { GptError } from "../../errors.ts";
import { camelCase, type Inheriting } from "./parsed-flags.ts";

export interface Conflict {
  readonly holds: boolean | undefined;
  /** Those that could give way, the one without effect beside the others first. */
  readonly flags: readonly string[];
  /** What to say to whoever typed all of them. */
  readonly problem: string;
}

/**
 * The arguments without inherited ones that conflict with others.
 *
 * @throws GptError `usage` where all flags of a conflict were typed
 */
export function settled<A extends Inheriting>(args: A, conflictsOf: (args: A) => readonly Conflict[]): A {
  const conflict = conflictsOf(args).find(({ holds }) => holds);
  if (conflict === undefined) return args;
  const yielding = conflict.flags.find((flag) => args.inherited.has(flag));
  if (yielding === undefined) throw new GptError("usage", conflict.problem);
  return settled(without(args, yielding), conflictsOf);
}

function without<A extends Inheriting>(args: A, flag: string): A {
  const inherited = new Set(args.inherited);
  inherited.delete(flag);
  return { ...args, [flag]: undefined, [camelCase(flag)]: undefined, inherited };
}
