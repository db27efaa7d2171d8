/** Flags that do not go together. A typed flag is refused. An inherited flag gives way silently. */
import { GptError } from "../../errors.ts";
import { camelCase, type Inheriting } from "./parsed-flags.ts";

export interface Conflict {
  readonly holds: boolean | undefined;
  /** Flags that may give way. The one without effect beside the others comes first. */
  readonly flags: readonly string[];
  /** The error if all of them are typed. */
  readonly problem: string;
}

/**
 * The flags without inherited ones that conflict with others.
 *
 * @throws GptError `usage` if all flags of a conflict are typed
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
