/**
 * The patterns of rank_pattern and alpha_pattern: regular expressions for the name of a module or for its last parts, as
 * PEFT matches them: `(.*\.)?(PATTERN)$`. They come with a file, so they run as automata, whose time is linear.
 */
import { linear } from "../../tokenizer/pattern/linear.ts";

const MAX_LENGTH = 256;
/** Each + copies what it repeats. */
const MAX_REPEATED = 8;

/** Tells whether a pattern matches the name of a module. Undefined for what is no such pattern. */
export function modulePattern(pattern: string): ((name: string) => boolean) | undefined {
  if (pattern.length > MAX_LENGTH || pattern.includes("{")) return undefined;
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
