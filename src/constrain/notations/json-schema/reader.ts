/** Reads schemas into shapes. */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { type Automaton, accepts, ofLength } from "../regular/automaton.ts";
import { fault, inside, Keywords, type Located } from "./keywords.ts";
import { bound, holdsNumber, KINDS, multiples } from "./kinds.ts";
import { complementOf, withAll, without } from "./negation.ts";
import { numberAutomaton } from "./numbers.ts";
import { patternOf, patternsOf } from "./patterns.ts";
import { type All, common, everything, ofItem, ofProperty, type Shape } from "./shapes.ts";

/** Schemas that lead to each other without a value between them. */
const MOST_DEPTH = 64;
/** Ways in which the parts of one schema go together. */
const MOST_SHAPES = 256;

export class SchemaReader {
  readonly #root: JsonValue;

  constructor(root: JsonValue) {
    this.#root = root;
  }

  /** What all of some schemas allow. @throws GptError `usage` for what is not supported */
  shapes(all: All, depth = 0): readonly Shape[] {
    return all.reduce((left, located) => this.#both(left, this.#one(located, depth), located), everything);
  }

  /** Whether a value keeps a shape. */
  holds(value: JsonValue, shape: Shape): boolean {
    switch (shape.kind) {
      case "values":
        return shape.values.some((other) => isDeepStrictEqual(value, other));
      case "null":
        return value === null;
      case "number":
        return holdsNumber(value, shape);
      case "string": {
        if (typeof value !== "string") return false;
        const { length } = [...value];
        return (
          length >= shape.least &&
          length <= shape.most &&
          shape.patterns.every((rule) => accepts(rule, value))
        );
      }
      case "list":
        if (!Array.isArray(value) || value.length < shape.least || value.length > shape.most) return false;
        if (
          shape.isSet &&
          value.some((item, i) => value.slice(0, i).some((other) => isDeepStrictEqual(item, other)))
        ) {
          return false;
        }
        return value.every((item: JsonValue, i) => this.#keeps(item, ofItem(shape, i)));
      case "object": {
        if (!isJsonObject(value)) return false;
        const entries = Object.entries(value);
        if (entries.length < shape.least || entries.length > shape.most) return false;
        if (![...shape.required].every((name) => Object.hasOwn(value, name))) return false;
        return entries.every(
          ([name, item]) =>
            shape.names.every((rule) => accepts(rule, name)) &&
            this.#keeps(item ?? null, ofProperty(shape, name)),
        );
      }
    }
  }

  #keeps(value: JsonValue, all: All): boolean {
    return this.shapes(all).some((shape) => this.holds(value, shape));
  }

  #both(left: readonly Shape[], right: readonly Shape[], located: Located): readonly Shape[] {
    const shapes = left.flatMap((a) =>
      right.flatMap((b) => common(a, b, (value, shape) => this.holds(value, shape)) ?? []),
    );
    if (shapes.length <= MOST_SHAPES) return shapes;
    throw fault(located, `its parts go together in more than ${MOST_SHAPES} ways`);
  }

  #one(located: Located, depth: number): readonly Shape[] {
    const { schema } = located;
    if (schema === true) return everything;
    if (schema === false) return [];
    if (!isJsonObject(schema)) throw fault(located, "expected a schema: an object, true or false");
    if (depth > MOST_DEPTH) throw fault(located, "it leads back to itself without a value between");
    const keywords = new Keywords(located, schema);
    const next = (other: Located) => this.shapes([other], depth + 1);
    const also = (shapes: readonly Shape[], other: readonly Shape[]) => this.#both(shapes, other, located);
    let shapes = this.#own(keywords);
    const ref = keywords.text("$ref");
    if (ref !== undefined) shapes = also(shapes, next(this.#target(keywords, ref)));
    for (const part of keywords.schemas("allOf") ?? []) shapes = also(shapes, next(part));
    const any = keywords.schemas("anyOf");
    if (any !== undefined) shapes = also(shapes, any.flatMap(next));
    const one = keywords.schemas("oneOf");
    if (one !== undefined) {
      const base = shapes;
      shapes = this.#apart(
        keywords,
        one.map((part) => also(base, next(part))),
      );
    }
    for (const [name, others] of Object.entries(keywords.lists("dependentRequired"))) {
      shapes = also(shapes, [...without(name), ...withAll([name, ...others])]);
    }
    const not = keywords.schema("not");
    if (not !== undefined) shapes = also(shapes, complementOf(not));
    const condition = keywords.schema("if");
    const [then, otherwise] = [keywords.schema("then"), keywords.schema("else")];
    if (condition !== undefined && (then ?? otherwise) !== undefined) {
      const yes = then === undefined ? everything : next(then);
      const no = otherwise === undefined ? everything : next(otherwise);
      const holds = also(next(condition), yes);
      shapes = also(shapes, [...holds, ...also(complementOf(condition), no)]);
    }
    const given = keywords.value("enum");
    if (given !== undefined) {
      if (!Array.isArray(given)) throw keywords.fault("enum", "must be a list");
      shapes = also(shapes, [{ kind: "values", values: given }]);
    }
    const value = keywords.value("const");
    return value === undefined ? shapes : also(shapes, [{ kind: "values", values: [value] }]);
  }

  /** Exactly one may hold, so no value may keep two: that is known of kinds, of values and of constant properties. */
  #apart(keywords: Keywords, options: readonly (readonly Shape[])[]): readonly Shape[] {
    for (const [i, option] of options.entries()) {
      for (const other of options.slice(i + 1)) {
        const overlap = option.some((a) => other.some((b) => this.#mayShare(a, b)));
        if (overlap)
          throw keywords.fault(
            "oneOf",
            "has options that may hold together: use anyOf, or tell them apart by a const",
          );
      }
    }
    return options.flat();
  }

  #mayShare(a: Shape, b: Shape): boolean {
    const both = common(a, b, (value, shape) => this.holds(value, shape));
    if (both === undefined) return false;
    if (both.kind === "number") return isEmptyRange(both) === false;
    if (both.kind !== "object") return true;
    return [...both.required].every((name) => this.shapes(ofProperty(both, name)).length > 0);
  }

  #target({ located }: Keywords, ref: string): Located {
    if (ref !== "#" && !ref.startsWith("#/"))
      throw fault(located, `$ref "${ref}" leads out of the schema: use #/$defs/NAME`);
    let target: Located = { schema: this.#root, pointer: "#" };
    for (const part of ref.split("/").slice(1)) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      const { schema } = target;
      const inner = typeof schema === "object" && schema !== null && Object.hasOwn(schema, key);
      if (!inner) throw fault(located, `$ref "${ref}" leads nowhere`);
      target = inside(target, key, (schema as Record<string, JsonValue>)[key] as JsonValue);
    }
    return target;
  }

  /** What the keywords of each kind allow. */
  #own(keywords: Keywords): readonly Shape[] {
    const type = keywords.value("type");
    const types = type === undefined ? undefined : [type].flat();
    const unknown = types?.find((name) => typeof name !== "string" || !Object.hasOwn(KINDS, name));
    if (unknown !== undefined) throw keywords.fault("type", `must be of ${Object.keys(KINDS).join(", ")}`);
    const kinds = types as readonly string[] | undefined;
    const number = kinds?.includes("number") ? kinds.filter((kind) => kind !== "integer") : kinds;
    const chosen =
      number === undefined
        ? everything
        : everything.flatMap((shape) => number.flatMap((kind) => KINDS[kind]?.(shape) ?? []));
    return chosen.flatMap((shape) => this.#ruled(shape, keywords) ?? []);
  }

  #ruled(shape: Shape, keywords: Keywords): Shape | undefined {
    switch (shape.kind) {
      case "number":
        return {
          ...shape,
          least: bound(keywords, "minimum", "exclusiveMinimum", Math.max),
          most: bound(keywords, "maximum", "exclusiveMaximum", Math.min),
          ...multiples(keywords, shape.whole),
        };
      case "string":
        return checked({
          ...shape,
          least: keywords.count("minLength", 0),
          most: keywords.count("maxLength", Infinity),
          patterns: patternsOf(keywords),
        });
      case "list": {
        const items = keywords.value("items");
        const rest = Array.isArray(items) ? keywords.schema("additionalItems") : keywords.schema("items");
        const prefix =
          (Array.isArray(items) ? keywords.schemas("items") : keywords.schemas("prefixItems")) ?? [];
        const rules = prefix.length === 0 && rest === undefined ? [] : [{ prefix, rest }];
        return checked({
          ...shape,
          least: keywords.count("minItems", 0),
          most: keywords.count("maxItems", Infinity),
          ...{ rules, isSet: keywords.flag("uniqueItems") },
        });
      }
      case "object": {
        const properties = keywords.named("properties");
        const patterns = [...keywords.named("patternProperties")].map(([pattern, schema]) => ({
          matches: patternOf(keywords, "patternProperties", pattern),
          schema,
        }));
        const others = keywords.schema("additionalProperties");
        const says = properties.size + patterns.length > 0 || others !== undefined;
        return checked({
          ...shape,
          least: keywords.count("minProperties", 0),
          most: keywords.count("maxProperties", Infinity),
          required: new Set(keywords.texts("required")),
          names: this.#names(keywords),
          rules: says ? [{ properties, patterns, others }] : [],
        });
      }
      default:
        return shape;
    }
  }

  /** The names that propertyNames allows. */
  #names(keywords: Keywords): readonly Automaton[] {
    const names = keywords.schema("propertyNames");
    if (names === undefined || names.schema === true) return [];
    const [shape, second] = this.shapes([names]).filter(({ kind }) => kind === "string");
    if (shape?.kind !== "string" || second !== undefined) {
      throw keywords.fault("propertyNames", "is supported with minLength, maxLength, pattern and format");
    }
    const { least, most, patterns } = shape;
    return least === 0 && most === Infinity ? patterns : [ofLength(least, most), ...patterns];
  }
}

const checked = <S extends { readonly least: number; readonly most: number }>(shape: S): S | undefined =>
  shape.least > shape.most ? undefined : shape;

const isEmptyRange = (shape: Extract<Shape, { kind: "number" }>): boolean =>
  numberAutomaton(shape)?.nodes.every(({ ends }) => !ends) ?? false;
