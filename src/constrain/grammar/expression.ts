/**
 * The one form of every grammar: named rules, each an expression over bytes. GBNF, regular expressions, lists
 * of choices and JSON Schemas all become this form.
 */
import { type CodePoints, everyCharacter } from "./code-points.ts";

export type Expression =
  /** One byte of a range. */
  | { readonly kind: "bytes"; readonly first: number; readonly last: number }
  /** All parts, one after the other; without parts the empty text. */
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  /** One of the options; without options nothing at all. */
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  /** `least` to `most` times; `most` may be Infinity. */
  | { readonly kind: "repeat"; readonly of: Expression; readonly least: number; readonly most: number }
  /** What a rule of this name allows. */
  | { readonly kind: "rule"; readonly name: string }
  /** Paths from node 0 to a node that ends; a step of a path is what its expression allows. */
  | { readonly kind: "graph"; readonly nodes: readonly GraphNode[] };

export interface GraphNode {
  readonly ends: boolean;
  readonly steps: readonly { readonly takes: Expression; readonly to: number }[];
}

export interface Grammar {
  readonly rules: ReadonlyMap<string, Expression>;
  /** The rule of the whole text. */
  readonly root: string;
}

export const sequence = (...parts: readonly Expression[]): Expression =>
  parts.length === 1 ? (parts[0] as Expression) : { kind: "sequence", parts };

export const choice = (...options: readonly Expression[]): Expression =>
  options.length === 1 ? (options[0] as Expression) : { kind: "choice", options };

export const repeat = (of: Expression, least: number, most: number): Expression => ({
  kind: "repeat",
  of,
  least,
  most,
});

export const rule = (name: string): Expression => ({ kind: "rule", name });

/** The last code point of 1, 2, 3 and 4 bytes. */
const LENGTHS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** A text as it stands. */
export const literal = (text: string): Expression =>
  sequence(...Array.from(Buffer.from(text), (byte) => ({ kind: "bytes", first: byte, last: byte }) as const));

/** One character of a set, as UTF-8. */
export const character = (set: CodePoints): Expression =>
  choice(...set.flatMap(([first, last]) => utf8Sequences(first, last)));

export const anyCharacter = character(everyCharacter);

/**
 * Ranges of code points -> sequences of ranges of bytes. A range is cut where the number of bytes changes, and
 * where a byte before the last ones changes, so that each byte of a sequence varies on its own.
 */
function utf8Sequences(first: number, last: number): Expression[] {
  for (const most of LENGTHS) {
    if (first <= most && most < last)
      return [...utf8Sequences(first, most), ...utf8Sequences(most + 1, last)];
  }
  for (const bits of [18, 12, 6]) {
    const low = (1 << bits) - 1;
    if (last <= 0x7f || first >> bits === last >> bits) continue;
    if ((first & low) !== 0) {
      return [...utf8Sequences(first, first | low), ...utf8Sequences((first | low) + 1, last)];
    }
    if ((last & low) !== low) {
      return [...utf8Sequences(first, (last & ~low) - 1), ...utf8Sequences(last & ~low, last)];
    }
  }
  const [from, to] = [first, last].map((code) => Buffer.from(String.fromCodePoint(code)));
  return [
    sequence(
      ...Array.from(
        from ?? [],
        (byte, i) => ({ kind: "bytes", first: byte, last: to?.[i] ?? byte }) as const,
      ),
    ),
  ];
}
