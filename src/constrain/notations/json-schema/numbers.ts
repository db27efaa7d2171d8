/**
 * Numbers as texts. They have 15 digits at most, so that a program that reads them as doubles gets what is
 * written.
 */
import { type CodePoints, codePoints } from "../../grammar/code-points.ts";
import type { Pattern } from "../regex/pattern.ts";
import { type Automaton, automatonOf, intersect } from "../regular/automaton.ts";

/** Digits that a double keeps. */
const DIGITS = 15;

export interface Bound {
  readonly value: number;
  /** Whether the number itself is outside. */
  readonly strict: boolean;
}

const set = (first: string, last = first): CodePoints =>
  codePoints([[first.charCodeAt(0), last.charCodeAt(0)]]);
const mark = (text: string): Pattern => ({ kind: "characters", set: set(text) });
const nothing: Pattern = { kind: "choice", options: [] };
const digits = (least: number, most: number): Pattern => ({
  kind: "repeat",
  of: digit("0", "9"),
  least,
  most: Math.max(least, most),
});
const either = (...options: readonly Pattern[]): Pattern => ({ kind: "choice", options });
const both = (...parts: readonly Pattern[]): Pattern => ({ kind: "sequence", parts });
const maybe = (of: Pattern): Pattern => ({ kind: "repeat", of, least: 0, most: 1 });

function digit(first: string, last: string): Pattern {
  return first > last ? nothing : { kind: "characters", set: set(first, last) };
}

const after = (mark: string): string => String(Number(mark) + 1);
const before = (mark: string): string => (mark === "0" ? "" : String(Number(mark) - 1));
const digitAbove = (mark: string): Pattern => (mark === "9" ? nothing : digit(after(mark), "9"));
const digitBelow = (mark: string, least = "0"): Pattern =>
  mark === "0" ? nothing : digit(least, before(mark));

/** `0`, or digits that do not begin with 0. */
const wholePart: Pattern = either(mark("0"), both(digit("1", "9"), digits(0, DIGITS - 1)));

/** Numbers without bounds. */
export const anyInteger: Pattern = both(maybe(mark("-")), wholePart);
export const anyNumber: Pattern = both(
  anyInteger,
  maybe(both(mark("."), digits(1, DIGITS))),
  maybe(both(either(mark("e"), mark("E")), maybe(either(mark("+"), mark("-"))), digits(1, 2))),
);
/** The last digit after the point is not 0, and a double keeps all of them. */
const anyBroken: Pattern = both(
  ...[maybe(mark("-")), either(mark("0"), both(digit("1", "9"), digits(0, 6)))],
  ...[mark("."), digits(0, 6), digit("1", "9")],
);

/** Digits of the same count that are above a number, or below it. */
function sameLength(number: string, above: boolean, isFirst: boolean): Pattern {
  const [first = "", ...rest] = number;
  if (first === "") return nothing;
  const least = isFirst && number.length > 1 ? "1" : "0";
  const other = above ? digitAbove(first) : digitBelow(first, least);
  return either(
    both(other, digits(rest.length, rest.length)),
    both(mark(first), sameLength(rest.join(""), above, false)),
  );
}

const wholeAbove = (number: string): Pattern =>
  either(
    sameLength(number, true, true),
    number.length >= DIGITS ? nothing : both(digit("1", "9"), digits(number.length, DIGITS - 1)),
  );

const wholeBelow = (number: string): Pattern =>
  either(
    sameLength(number, false, true),
    ...(number.length > 1 ? [mark("0")] : []),
    ...(number.length > 2
      ? [both(digit("1", "9"), digits(0, number.length - 2))]
      : number.length > 1
        ? [digit("1", "9")]
        : []),
  );

/** Digits after the point, at least one, of at least a number's. */
function fractionAbove(bound: string, strict: boolean, room: number): Pattern {
  if (room <= 0) return nothing;
  const [first, ...rest] = bound;
  if (first === undefined) {
    return strict
      ? either(both(digit("1", "9"), digits(0, room - 1)), both(mark("0"), fractionAbove("", true, room - 1)))
      : digits(1, room);
  }
  const more = fractionAbove(rest.join(""), strict, room - 1);
  return either(
    both(digitAbove(first), digits(0, room - 1)),
    both(mark(first), rest.length === 0 && !strict ? maybe(more) : more),
  );
}

function fractionBelow(bound: string, strict: boolean, room: number): Pattern {
  if (room <= 0) return nothing;
  const [first, ...rest] = bound;
  if (first === undefined) {
    return strict ? nothing : { kind: "repeat", of: mark("0"), least: 1, most: room };
  }
  const more = fractionBelow(rest.join(""), strict, room - 1);
  return either(
    both(digitBelow(first), digits(0, room - 1)),
    both(mark(first), rest.length === 0 && strict ? more : maybe(more)),
  );
}

interface Kind {
  readonly whole: boolean;
}

/** Numbers from 0 up, without a sign, of at least (or at most) a bound that is not negative. */
function magnitude(bound: Bound, above: boolean, { whole }: Kind): Pattern {
  const [integer = "0", fraction = ""] = decimal(bound.value).split(".");
  const room = DIGITS - integer.length;
  const anyFraction = whole ? both() : maybe(both(mark("."), digits(1, Math.max(1, room - 1))));
  const far = both(above ? wholeAbove(integer) : wholeBelow(integer), anyFraction);
  const exact = above ? fraction === "" && !bound.strict : fraction !== "" || !bound.strict;
  const near = (above ? fractionAbove : fractionBelow)(fraction, bound.strict, Math.max(1, room));
  const text = both(...Array.from(integer, mark));
  return either(far, ...(exact ? [text] : []), ...(whole ? [] : [both(text, mark("."), near)]));
}

/** A number without an exponent; at most 15 digits count. */
function decimal(value: number): string {
  const text = value.toFixed(DIGITS).replace(/\.?0+$/, "");
  return text === "" ? "0" : text;
}

const fromZero = ({ whole }: Kind): Pattern =>
  both(wholePart, whole ? both() : maybe(both(mark("."), digits(1, DIGITS - 1))));

function atLeast(bound: Bound, kind: Kind): Pattern {
  if (bound.value > 0 || bound.value === 0) return magnitude(bound, true, kind);
  return either(fromZero(kind), both(mark("-"), magnitude({ ...bound, value: -bound.value }, false, kind)));
}

function atMost(bound: Bound, kind: Kind): Pattern {
  const negative = both(mark("-"), magnitude({ value: 0, strict: true }, true, kind));
  if (bound.value < 0) return both(mark("-"), magnitude({ ...bound, value: -bound.value }, true, kind));
  return either(negative, magnitude(bound, false, kind));
}

export interface NumberRules {
  readonly whole: boolean;
  /** Whether whole numbers are left out. */
  readonly broken: boolean;
  readonly least: Bound | undefined;
  readonly most: Bound | undefined;
  /** Whole numbers that it is a multiple of. */
  readonly multiples: readonly number[];
}

/** Beyond it numbers have more digits than a double keeps. */
const FAR = 10 ** DIGITS;

/** The texts of the numbers; undefined for numbers without rules. */
export function numberAutomaton(rules: NumberRules): Automaton | undefined {
  const { whole, broken } = rules;
  const least =
    rules.least && rules.least.value > -FAR ? bounded(rules.least, whole, Math.ceil, 1) : undefined;
  const most = rules.most && rules.most.value < FAR ? bounded(rules.most, whole, Math.floor, -1) : undefined;
  const parts = [
    ...(least ? [automatonOf(atLeast(least, rules))] : []),
    ...(most ? [automatonOf(atMost(most, rules))] : []),
    ...(broken ? [automatonOf(anyBroken)] : []),
    ...(rules.multiples.length > 0 ? [automatonOf(anyInteger)] : []),
    ...rules.multiples.map(multiplesOf),
  ];
  return parts.length === 0 ? undefined : parts.reduce(intersect);
}

/** The bound of whole numbers is whole. */
function bounded(bound: Bound, whole: boolean, round: (value: number) => number, step: number): Bound {
  if (!whole) return bound;
  const value = round(bound.value);
  return { value: bound.strict && value === bound.value ? value + step : value, strict: false };
}

/** Whole numbers by their remainder, digit by digit. */
function multiplesOf(number: number): Automaton {
  const steps = (remainder: number, least: number) =>
    Array.from({ length: 10 - least }, (_, i) => ({
      set: set(String(i + least)),
      to: 3 + ((remainder * 10 + i + least) % number),
    }));
  const zero = { set: set("0"), to: 2 };
  return {
    nodes: [
      { ends: false, steps: [{ set: set("-"), to: 1 }, zero, ...steps(0, 1)] },
      { ends: false, steps: [zero, ...steps(0, 1)] },
      { ends: true, steps: [] },
      ...Array.from({ length: number }, (_, remainder) => ({
        ends: remainder === 0,
        steps: steps(remainder, 0),
      })),
    ],
  };
}
