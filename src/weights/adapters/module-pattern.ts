/**
 * The patterns of rank_pattern and alpha_pattern: regular expressions for the name of a module or for its last parts, as
 * PEFT matches them: `(.*\.)?(PATTERN)$`. They come with a file, so they run as automata, whose time is linear.
 */
import { RegularPattern, type Step } from "../../tokenizer/pattern/regular-pattern.ts";

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
  try {
    const { first, atoms } = new RegularPattern(new RegExp(source, "u"));
    return (name) => startsIn(name, anchored).some((start) => matchesAll(first, atoms, name.slice(start)));
  } catch {
    return undefined;
  }
}

/** Where a match may start: with the name, or with one of its later parts. */
const startsIn = (name: string, anchored: boolean): number[] =>
  anchored ? [0] : [0, ...Array.from(name.matchAll(/\./g), ({ index }) => index + 1)];

/** Follows all ways through the steps at once. */
function matchesAll(first: Step, atoms: readonly RegExp[], text: string): boolean {
  let steps = reached([first], text.charAt(0), atoms);
  for (let at = 0; at < text.length; at++) {
    const taken = [...steps].flatMap((step) =>
      step.kind === "take" && atoms[step.atom]?.test(text.charAt(at)) ? [step.next] : [],
    );
    steps = reached(taken, text.charAt(at + 1), atoms);
  }
  return [...steps].some(({ kind }) => kind === "done");
}

/** The steps that are reached without a character. @param next the character that follows, or an empty text */
function reached(from: readonly Step[], next: string, atoms: readonly RegExp[]): Set<Step> {
  const found = new Set<Step>();
  const left = [...from];
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    if (found.has(step)) continue;
    found.add(step);
    if (step.kind === "fork") left.push(...step.options);
    if (step.kind === "unless" && !atoms[step.atom]?.test(next)) left.push(step.next);
  }
  return found;
}
