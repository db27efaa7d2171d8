/** A JSON Schema as the grammar of a JSON text. */
import type { JsonValue } from "../../../files/json.ts";
import {
  character,
  choice,
  type Expression,
  type Grammar,
  literal,
  repeat,
  rule,
  sequence,
} from "../../grammar/expression.ts";
import { patternExpression } from "../regex/grammar.ts";
import { automatonExpression, intersect, ofLength } from "../regular/automaton.ts";
import { countedList } from "./counted-list.ts";
import { fault, type Located, nameOf } from "./keywords.ts";
import { anyInteger, anyNumber, numberAutomaton } from "./numbers.ts";
import { objectExpression } from "./objects.ts";
import { SchemaReader } from "./reader.ts";
import { type All, type ListShape, ofItem, type Shape } from "./shapes.ts";
import { COMMA, SPACE, SPACES, spaces } from "./space.ts";
import { ANY_MARK, anyMark, textOf, textOfLength } from "./strings.ts";

/** Different parts of a schema. */
const MOST_RULES = 20_000;
/** Values of a list without equal items: each doubles its states. */
const MOST_UNIQUE = 8;
/** Items at the start of a list that have schemas of their own or are counted. */
const MOST_PLACES = 1000;

/** @throws GptError `usage` with the pointer and the keyword for what is not supported, or cannot be met */
export function schemaGrammar(schema: JsonValue): Grammar {
  const writer = new Writer(schema);
  const rules = writer.write({ schema, pointer: "#" });
  return { rules, root: "#" };
}

class Writer {
  readonly #reader: SchemaReader;
  readonly #rules = new Map<string, Expression>([
    [SPACES, spaces],
    [ANY_MARK, anyMark],
  ]);
  readonly #waiting: { readonly name: string; readonly all: All }[] = [];

  constructor(root: JsonValue) {
    this.#reader = new SchemaReader(root);
  }

  write(root: Located): ReadonlyMap<string, Expression> {
    this.#valueOf([root]);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { name, all } = next;
      const located = all[0] ?? root;
      const shapes = this.#reader.shapes(all);
      if (shapes.length === 0 && name === root.pointer) throw fault(root, "no value keeps it");
      this.#rules.set(name, choice(...shapes.map((shape) => this.#shape(shape, located))));
    }
    return this.#rules;
  }

  /** The rule of a value that some schemas allow: one for each set of schemas. */
  #valueOf(all: All): Expression {
    const name = all.length === 0 ? "value" : [...new Set(all.map(nameOf))].sort().join(" ");
    if (!this.#rules.has(name)) {
      if (this.#rules.size >= MOST_RULES)
        throw fault(all[0] as Located, `it has more than ${MOST_RULES} parts`);
      this.#rules.set(name, sequence());
      this.#waiting.push({ name, all });
    }
    return rule(name);
  }

  /** One rule for equal parts, wherever they stand: its masks are made once. */
  #named(name: string, make: () => Expression): Expression {
    if (!this.#rules.has(name)) this.#rules.set(name, make());
    return rule(name);
  }

  #shape(shape: Shape, located: Located): Expression {
    switch (shape.kind) {
      case "null":
        return literal("null");
      case "values":
        return choice(...shape.values.map((value) => literal(JSON.stringify(value))));
      case "number": {
        const automaton = numberAutomaton(shape);
        if (automaton !== undefined) return automatonExpression(automaton, character);
        return patternExpression(shape.whole ? anyInteger : anyNumber, character);
      }
      case "string": {
        const { least, most, patterns } = shape;
        if (patterns.length === 0)
          return this.#named(`text ${least} ${most}`, () => textOfLength(least, most));
        const isCounted = least > 0 || Number.isFinite(most);
        const all = isCounted ? [...patterns, ofLength(least, most)] : patterns;
        return textOf(all.reduce(intersect));
      }
      case "list":
        return this.#list(shape, located);
      case "object":
        return objectExpression(shape, (all) => this.#valueOf(all), located);
    }
  }

  /** A list without equal items, of values that can be told apart: a node for each set of values so far. */
  #set(shape: ListShape, located: Located): Expression {
    const values = this.#reader.shapes(ofItem(shape, 0)).flatMap((item) => {
      if (item.kind === "values") return item.values.map((value) => JSON.stringify(value));
      if (item.kind === "null") return ["null"];
      throw fault(located, "uniqueItems is supported for items of an enum or of consts");
    });
    const texts = [...new Set(values)];
    if (texts.length > MOST_UNIQUE)
      throw fault(located, `uniqueItems is supported for ${MOST_UNIQUE} values at most`);
    if (shape.rules.some(({ prefix }) => prefix.length > 0))
      throw fault(located, "uniqueItems goes without prefixItems");
    const nodes = Array.from({ length: 1 << texts.length }, (_, used) => {
      const count = texts.filter((_, i) => (used >> i) & 1).length;
      const next = texts.flatMap((text, i) =>
        (used >> i) & 1 || count >= shape.most
          ? []
          : [{ takes: sequence(...(count > 0 ? [COMMA] : []), literal(text)), to: used | (1 << i) }],
      );
      return { ends: count >= shape.least, steps: next };
    });
    return sequence(literal("["), SPACE, { kind: "graph", nodes }, SPACE, literal("]"));
  }

  #list(shape: ListShape, located: Located): Expression {
    const { least, most, rules } = shape;
    const valueIn = (all: All) => this.#valueOf(all);
    if (shape.contains.length > 0) return countedList(shape, valueIn, located);
    if (shape.isSet && most > 1) return this.#set(shape, located);
    const places = Math.max(0, ...rules.map(({ prefix }) => prefix.length));
    if (places > MOST_PLACES) throw fault(located, `prefixItems has more than ${MOST_PLACES} schemas`);
    const next = (place: number) =>
      sequence(...(place > 0 ? [COMMA] : []), this.#valueOf(ofItem(shape, place)));
    const rest = (place: number): Expression => {
      const [from, to] = [Math.max(0, least - place), most - place];
      if (to <= 0) return sequence();
      if (place > 0) return repeat(next(place), from, to);
      const more = sequence(next(0), repeat(next(1), Math.max(0, from - 1), to - 1));
      return from === 0 ? repeat(more, 0, 1) : more;
    };
    // The items from `place` on.
    const from = (place: number): Expression => {
      if (place >= most) return sequence();
      if (place >= places) return rest(place);
      const more = sequence(next(place), from(place + 1));
      return place >= least ? repeat(more, 0, 1) : more;
    };
    return sequence(literal("["), SPACE, from(0), SPACE, literal("]"));
  }
}
