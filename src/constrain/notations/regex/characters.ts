/** The characters of an atom such as `[^\w-]` or `\p{Lu}`, found with the engine's own regular expressions. */
import type { CodePoints } from "../../grammar/code-points.ts";

/** Every character, surrogates left out, in the order of code points. */
let all: string | undefined;

const known = new Map<string, CodePoints>();
/** Atoms that are kept. */
const MOST_KNOWN = 256;

/**
 * @param atom one character, class or escape; a match takes one character, so its time is linear
 * @throws SyntaxError for what is none
 */
export function charactersOf(atom: string): CodePoints {
  const found = known.get(atom);
  if (found !== undefined) return found;
  const runs = new RegExp(`(?:${atom})+`, "gu");
  all ??= everything();
  const set: (readonly [number, number])[] = [];
  for (const { 0: run, index } of all.matchAll(runs)) {
    const first = codeAt(index);
    const last = codeAt(
      index + run.length - (run.length > 1 && isLow(run.charCodeAt(run.length - 1)) ? 2 : 1),
    );
    // A run may go on over the gap of the surrogates.
    if (first < 0xd800 && last >= 0xe000) set.push([first, 0xd7ff], [0xe000, last]);
    else set.push([first, last]);
  }
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(atom, set);
  return set;
}

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Code units before the characters of two units. */
const SHORT = 0x10000 - 0x800;

function codeAt(index: number): number {
  if (index >= SHORT) return 0x10000 + (index - SHORT) / 2;
  return index < 0xd800 ? index : index + 0x800;
}

function everything(): string {
  const parts: string[] = [];
  const step = 0x1000;
  for (let first = 0; first < 0x110000; first += step) {
    if (first >= 0xd800 && first < 0xe000) continue;
    const count = first === 0xd000 ? 0x800 : step;
    parts.push(String.fromCodePoint(...Array.from({ length: count }, (_, i) => first + i)));
  }
  return parts.join("");
}
