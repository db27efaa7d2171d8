/** Reads schemas into shapes. */
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { type Automaton, intersect, ofLength, ofTexts, union } from "../regular/automaton.ts";
import { holds } from "./holds.ts";
import { fault, Keywords, type Located, opposite } from "./keywords.ts";
import { bound, KINDS, multiples } from "./kinds.ts";
import { complementOf } from "./negation.ts";
import { numberAutomaton } from "./numbers.ts";
import { patternOf, patternsOf } from "./patterns.ts";
import { References } from "./references.ts";
import { type All, common, everything, ofProperty, type Shape, unless, withAll } from "./shapes.ts";
import { withUnevaluated } from "./unevaluated.ts";

/** Schemas that lead to each other without a value between them. */
const MOST_DEPTH = 64;
/** Ways in which the parts of one schema go together. */
const MOST_SHAPES = 256;

export class SchemaReader {
  readonly #references: References;

  constructor(root: JsonValue) {
    this.#references = new References(root);
  }

  /** What all of some schemas allow. @throws GptError `usage` for what is not supported */
  shapes(all: All, depth = 0): readonly Shape[] {
    return all.reduce((left, located) => this.#both(left, this.#one(located, depth), located), everything);
  }

  /** Whether a value keeps a shape. */
  #holds = (value: JsonValue, shape: Shape): boolean =>
    holds(value, shape, (item, all) => this.shapes(all).some((own) => this.#holds(item, own)));

  #both(left: readonly Shape[], right: readonly Shape[], located: Located): readonly Shape[] {
    const shapes = left.flatMap((a) => right.flatMap((b) => common(a, b, this.#holds) ?? []));
    if (shapes.length <= MOST_SHAPES) return shapes;
    throw fault(located, `its parts go together in more than ${MOST_SHAPES} ways`);
  }

  #one(located: Located, depth: number): readonly Shape[] {
    const { schema } = located;
    if (depth > MOST_DEPTH) throw fault(located, "it leads back to itself without a value between");
    if (located.isOpposite) return this.#opposite(opposite(located), depth);
    if (schema === true) return everything;
    if (schema === false) return [];
    if (!isJsonObject(schema)) throw fault(located, "expected a schema: an object, true or false");
    const keywords = new Keywords(located, schema);
    const next = (other: Located) => this.shapes([other], depth + 1);
    const also = (shapes: readonly Shape[], other: readonly Shape[]) => this.#both(shapes, other, located);
    let shapes = this.#own(keywords);
    for (const target of this.#targets(keywords)) shapes = also(shapes, next(target));
    for (const part of keywords.schemas("allOf") ?? []) shapes = also(shapes, next(part));
    const any = keywords.schemas("anyOf");
    if (any !== undefined) shapes = also(shapes, any.flatMap(next));
    const one = keywords.schemas("oneOf");
    if (one !== undefined) shapes = this.#apart(keywords, shapes, one, next);
    for (const [name, needed] of Object.entries(keywords.lists("dependentRequired"))) {
      shapes = also(shapes, [...unless(name), withAll([name, ...needed])]);
    }
    for (const [name, part] of keywords.dependents()) {
      const needed = Array.isArray(part.schema) ? [withAll(part.schema.map(String))] : next(part);
      shapes = also(shapes, [...unless(name), ...also([withAll([name])], needed)]);
    }
    const not = keywords.schema("not");
    if (not !== undefined) shapes = also(shapes, next(opposite(not)));
    const condition = keywords.schema("if");
    const [then, otherwise] = [keywords.schema("then"), keywords.schema("else")];
    if (condition !== undefined && (then ?? otherwise) !== undefined) {
      const yes = then === undefined ? everything : next(then);
      const no = otherwise === undefined ? everything : next(otherwise);
      const holds = also(next(condition), yes);
      shapes = also(shapes, [...holds, ...also(next(opposite(condition)), no)]);
    }
    const [properties, items] = [
      keywords.schema("unevaluatedProperties"),
      keywords.schema("unevaluatedItems"),
    ];
    shapes = shapes.map((shape) => withUnevaluated(shape, properties, items));
    const given = keywords.value("enum");
    if (given !== undefined) {
      if (!Array.isArray(given)) throw keywords.fault("enum", "must be a list");
      shapes = also(shapes, [{ kind: "values", values: given }]);
    }
    const value = keywords.value("const");
    return value === undefined ? shapes : also(shapes, [{ kind: "values", values: [value] }]);
  }

  /** What a schema does not allow. */
  #opposite(located: Located, depth: number): readonly Shape[] {
    return complementOf(located, {
      allowed: (other) => this.shapes([other], depth + 1),
      both: (left, right) => this.#both(left, right, located),
      target: (from, ref) => this.#references.target(from, ref),
    });
  }

  /** Exactly one may hold: options that may hold together exclude each other. */
  #apart(
    keywords: Keywords,
    base: readonly Shape[],
    options: readonly Located[],
    next: (located: Located) => readonly Shape[],
  ): readonly Shape[] {
    const also = (shapes: readonly Shape[], other: readonly Shape[]) =>
      this.#both(shapes, other, keywords.located);
    const own = options.map((option) => also(base, next(option)));
    const overlap = (a = 0, b = 0) =>
      own[a]?.some((one) => own[b]?.some((other) => this.#mayShare(one, other))) ?? false;
    return own.flatMap((shapes, i) => {
      const others = options.filter((_, j) => j !== i && overlap(i, j));
      return others.reduce((left, other) => also(left, next(opposite(other))), shapes);
    });
  }

  #mayShare(a: Shape, b: Shape): boolean {
    const both = common(a, b, this.#holds);
    if (both === undefined) return false;
    if (both.kind === "number") return isEmptyRange(both) === false;
    if (both.kind !== "object") return true;
    return [...both.required].every((name) => this.shapes(ofProperty(both, name)).length > 0);
  }

  #targets(keywords: Keywords): readonly Located[] {
    const [ref, dynamic] = [keywords.text("$ref"), keywords.text("$dynamicRef")];
    return [
      ...(ref === undefined ? [] : [this.#references.target(keywords.located, ref)]),
      ...(dynamic === undefined ? [] : [this.#references.dynamicTarget(keywords.located, dynamic)]),
    ];
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
        const rules = prefix.length === 0 && rest === undefined ? [] : [{ prefix, rest, evaluates: true }];
        const contains = keywords.contained();
        if (contains.some(({ least, most }) => least > most)) return undefined;
        return checked({
          ...shape,
          least: keywords.count("minItems", 0),
          most: keywords.count("maxItems", Infinity),
          ...{ rules, contains, isSet: keywords.flag("uniqueItems") },
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
          rules: says ? [{ properties, patterns, others, evaluates: true }] : [],
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
    return [this.shapes([names]).flatMap(textsOf).reduce(union, ofTexts([]))];
  }
}

/** The texts among the values of a shape. */
function textsOf(shape: Shape): readonly Automaton[] {
  if (shape.kind === "values") return [ofTexts(shape.values.filter((value) => typeof value === "string"))];
  if (shape.kind !== "string") return [];
  return [[ofLength(shape.least, shape.most), ...shape.patterns].reduce(intersect)];
}

const checked = <S extends { readonly least: number; readonly most: number }>(shape: S): S | undefined =>
  shape.least > shape.most ? undefined : shape;

const isEmptyRange = (shape: Extract<Shape, { kind: "number" }>): boolean =>
  numberAutomaton(shape)?.nodes.every(({ ends }) => !ends) ?? false;
