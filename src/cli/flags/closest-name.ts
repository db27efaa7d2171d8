/** "Did you mean" for the names of flags. */
import { closest } from "../../checks/closest.ts";
import { type Flags, longName, longNames } from "./flags.ts";

/**
 * The flag that was probably meant. A letter is a short name. `words` come before the names of flags, names
 * of other tools after.
 */
export function closestName(typed: string, flags: Flags, words: readonly string[] = []): string | undefined {
  const [name] = Object.entries(flags).find(([, { alias }]) => alias === typed) ?? [];
  if (name !== undefined || typed.length < 3) return name;
  return closest(longName(typed), [...words, ...Object.keys(flags), ...longNames(flags).keys()]);
}
