/** What a schema allows, as a union of shapes: a kind of value with the rules for it. */
import type { JsonValue } from "../../../files/json.ts";
import { type Automaton, accepts, ofTexts, others } from "../regular/automaton.ts";
import type { Contained, Located } from "./keywords.ts";
import type { Bound } from "./numbers.ts";

/** All of these schemas hold. */
export type All = readonly Located[];

export type Shape =
  | ValueShape
  | NumberShape
  | StringShape
  | ListShape
  | ObjectShape
  | { readonly kind: "null" };

/** One of some values, of any kinds. */
export interface ValueShape {
  readonly kind: "values";
  readonly values: readonly JsonValue[];
}

export interface NumberShape {
  readonly kind: "number";
  readonly whole: boolean;
  /** Whether whole numbers are left out. */
  readonly broken: boolean;
  readonly least: Bound | undefined;
  readonly most: Bound | undefined;
  readonly multiples: readonly number[];
}

export interface StringShape {
  readonly kind: "string";
  readonly least: number;
  readonly most: number;
  readonly patterns: readonly Automaton[];
}

export interface ListShape {
  readonly kind: "list";
  readonly least: number;
  readonly most: number;
  /** Rules of several schemas, which hold together. */
  readonly rules: readonly ListRule[];
  /** How many items keep other schemas. */
  readonly contains: readonly Contained[];
  /** Whether no two items are equal. */
  readonly isSet: boolean;
}

interface ListRule {
  readonly prefix: readonly Located[];
  readonly rest: Located | undefined;
  /** Whether `unevaluatedItems` leaves these items out. */
  readonly evaluates: boolean;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly least: number;
  readonly most: number;
  readonly required: ReadonlySet<string>;
  readonly names: readonly Automaton[];
  readonly rules: readonly ObjectRule[];
}

export interface ObjectRule {
  readonly properties: ReadonlyMap<string, Located>;
  readonly patterns: readonly { readonly matches: Automaton; readonly schema: Located }[];
  /** Of other properties; undefined if the schema does not say. */
  readonly others: Located | undefined;
  /** Whether `unevaluatedProperties` leaves these properties out. */
  readonly evaluates: boolean;
}

/** What any value may be. */
export const everything: readonly Shape[] = [
  { kind: "null" },
  { kind: "values", values: [true, false] },
  { kind: "number", whole: false, broken: false, least: undefined, most: undefined, multiples: [] },
  { kind: "string", least: 0, most: Infinity, patterns: [] },
  { kind: "list", least: 0, most: Infinity, rules: [], contains: [], isSet: false },
  { kind: "object", least: 0, most: Infinity, required: new Set(), names: [], rules: [] },
];

export const anyList = everything.find(({ kind }) => kind === "list") as ListShape;
export const anyObject = everything.find(({ kind }) => kind === "object") as ObjectShape;
const noObjects = everything.filter(({ kind }) => kind !== "object");

/** Objects with all of these properties. */
export const withAll = (names: readonly string[]): ObjectShape => ({
  ...anyObject,
  required: new Set(names),
});

/** Objects without a property. */
export const without = (name: string): ObjectShape => ({ ...anyObject, names: [others(ofTexts([name]))] });

/** Everything but objects with a property. */
export const unless = (name: string): readonly Shape[] => [...noObjects, without(name)];

/** The shapes of one property of an object: those of all rules that say something about it. */
export function ofProperty(shape: ObjectShape, name: string): All {
  return shape.rules.flatMap(({ properties, patterns, others }) => {
    const own = properties.get(name);
    const matching = patterns.filter(({ matches }) => accepts(matches, name)).map(({ schema }) => schema);
    const said = own === undefined ? matching : [own, ...matching];
    return said.length === 0 && others !== undefined ? [others] : said;
  });
}

/** The schemas of the item at a place of a list. */
export const ofItem = ({ rules }: ListShape, place: number): All =>
  rules.flatMap(({ prefix, rest }) => prefix[place] ?? rest ?? []);

/** The values of both; undefined if there are none. @param holds whether a value keeps a shape */
export function common(
  a: Shape,
  b: Shape,
  holds: (value: JsonValue, shape: Shape) => boolean,
): Shape | undefined {
  if (a.kind === "values" || b.kind === "values") {
    const [values, other] = a.kind === "values" ? [a.values, b] : [(b as ValueShape).values, a];
    const left = values.filter((value) => holds(value, other));
    return left.length === 0 ? undefined : { kind: "values", values: left };
  }
  if (a.kind === "null") return b.kind === "null" ? a : undefined;
  if (a.kind === "number" && b.kind === "number") return numbers(a, b);
  if (a.kind === "string" && b.kind === "string") {
    return within({ ...a, ...range(a, b), patterns: [...a.patterns, ...b.patterns] });
  }
  if (a.kind === "list" && b.kind === "list") {
    return within({
      ...a,
      ...range(a, b),
      isSet: a.isSet || b.isSet,
      rules: [...a.rules, ...b.rules],
      contains: [...a.contains, ...b.contains],
    });
  }
  if (a.kind !== "object" || b.kind !== "object") return undefined;
  return within({
    ...a,
    ...range(a, b),
    required: new Set([...a.required, ...b.required]),
    names: [...a.names, ...b.names],
    rules: [...a.rules, ...b.rules],
  });
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const range = (a: Range, b: Range): Range => ({
  least: Math.max(a.least, b.least),
  most: Math.min(a.most, b.most),
});

const within = <S extends Range>(shape: S): S | undefined => (shape.least > shape.most ? undefined : shape);

function numbers(a: NumberShape, b: NumberShape): NumberShape | undefined {
  const [whole, broken] = [a.whole || b.whole, a.broken || b.broken];
  if (whole && broken) return undefined;
  return {
    ...{ kind: "number", whole, broken },
    least: tighter(a.least, b.least, (one, other) => one > other),
    most: tighter(a.most, b.most, (one, other) => one < other),
    multiples: [...a.multiples, ...b.multiples],
  };
}

function tighter(a: Bound | undefined, b: Bound | undefined, isTighter: (a: number, b: number) => boolean) {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.value === b.value) return { value: a.value, strict: a.strict || b.strict };
  return isTighter(a.value, b.value) ? a : b;
}
