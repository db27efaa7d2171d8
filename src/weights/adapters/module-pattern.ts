/**
 * The patterns of rank_pattern and alpha_pattern: regular expressions for the name of a module or its last
 * parts. PEFT matches `(.*\.)?(PATTERN)$`. A pattern comes from a file and may be hostile, so it runs as an
 * automaton in linear time.
 */
import { linear } from "../../tokenizer/pattern/linear.ts";

export const MAX_PATTERN = 256;
/** Each + doubles the automaton of the part that it repeats. */
const MAX_REPEATED = 8;

/** Tells whether a pattern matches the name of a module. Undefined for what is no such pattern. */
export function modulePattern(pattern: string): ((name: string) => boolean) | undefined {
  if (pattern.length > MAX_PATTERN || pattern.includes("{")) return undefined;
  if (/^[\w.]+$/.test(pattern)) {
    const plain = new RegExp(`^(?:.*\\.)?(?:${pattern})$`, "s");
    return (name) => plain.test(name);
  }
  if ((pattern.match(/\+/g)?.length ?? 0) > MAX_REPEATED) return undefined;
  const anchored = pattern.startsWith("^");
  // A group needs no capture. `$` says what holds anyway.
  const source = pattern
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/\\.|\((?!\?)/g, (part) => (part === "(" ? "(?:" : part));
  const start = anchored ? "^" : "(?:^|(?<=\\.))";
  try {
    const matches = linear(new RegExp(`${start}(?:${source})$`, "u"));
    return (name) => matches(name).next(0);
  } catch {
    return undefined;
  }
}
