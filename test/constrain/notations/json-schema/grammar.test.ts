import { describe, expect, it } from "vitest";
import { Constraint } from "../../../../src/constrain/constraint.ts";
import { schemaGrammar } from "../../../../src/constrain/notations/json-schema/grammar.ts";
import { schemaReport } from "../../../../src/constrain/notations/json-schema/report.ts";
import type { JsonValue } from "../../../../src/files/json.ts";

const constraintOf = (schema: JsonValue) => new Constraint(schemaGrammar(schema), "the JSON schema");

const NODE = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: {
        value: { type: "integer" },
        next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
      },
      required: ["value", "next"],
    },
  },
};

/** A schema, texts that keep it, and texts that do not. */
const cases: readonly (readonly [JsonValue, readonly string[], readonly string[]])[] = [
  [
    true,
    ["1", '{"a":[null,true]}', '"é\\n\\u0041"', "-0.5e10", "[]"],
    ["", "tru", "[1,]", "01", "{a:1}", '"\n"', "1 "],
  ],
  [
    { type: "object", properties: { a: { type: "integer" }, b: {} }, required: ["a"] },
    ['{"a":1}', '{"a": 1,\n  "b": null}', '{ "a":1 }'],
    ["{}", '{"b":1}', '{"a":1,"c":2}', '{"a":1.5}'],
  ],
  [
    { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "integer" } },
    ['{"a":"x","b":1}', '{"b":1}', "{}"],
    ['{"a":1}', '{"b":"x"}', '{"\\u0061":1}'],
  ],
  [
    {
      type: "object",
      patternProperties: { "^n": { type: "number" }, s$: { type: "string" } },
      additionalProperties: false,
    },
    ['{"n":1}', '{"s":"x","n1":2}', "{}"],
    ['{"n":"x"}', '{"x":1}', '{"ns":1}'],
  ],
  [
    { type: "object", properties: { a: {}, b: {}, c: {} }, minProperties: 2, maxProperties: 2 },
    ['{"a":1,"c":1}', '{"b":1,"c":1}'],
    ['{"a":1}', '{"a":1,"b":1,"c":1}'],
  ],
  [
    { type: "object", propertyNames: { pattern: "^[a-z]$" }, minProperties: 1 },
    ['{"a":1}'],
    ["{}", '{"ab":1}'],
  ],
  [
    { type: "array", items: { enum: [1, "a"] }, minItems: 2, maxItems: 3 },
    ["[1,1]", '[1, "a",\n 1]'],
    ["[1]", "[1,1,1,1]", "[2,1]", "[]"],
  ],
  [
    { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false },
    ["[]", "[1]", '[1,"a"]'],
    ['["a"]', '[1,"a",1]'],
  ],
  [
    { items: [{ type: "null" }], additionalItems: { type: "boolean" }, type: "array" },
    ["[null,true]"],
    ["[true]", "[null,1]"],
  ],
  [{ type: "string", minLength: 2, maxLength: 3 }, ['"ab"', '"éü😀"', '"\\n\\u00e9"'], ['"a"', '"abcd"']],
  [
    { type: "string", pattern: "^a+\\\\?b", minLength: 3 },
    ['"aab"', '"a\\\\b"', '"abc"'],
    ['"ab"', '"b"', '"a\\\\\\\\b"'],
  ],
  [{ type: "string", format: "date" }, ['"2024-02-28"'], ['"2024-02-31"', '"24-01-01"']],
  [
    { type: "string", format: "hostname" },
    ['"example.com"', '"a-1.b"'],
    ['"xn--X"', '"-a"', '"a-"', '"a..b"', '""'],
  ],
  [{ format: "email", type: "string" }, ['"a.b@example.com"'], ['"a"', '"@b.c"', '"a..b@c.d"']],
  [{ format: "uuid" }, ['"2eb8aa08-aa98-11ea-b4aa-73b441d16380"', "1"], ['"2eb8aa08"']],
  [
    { type: "integer", minimum: -12, exclusiveMaximum: 105 },
    ["-12", "-1", "0", "9", "99", "104"],
    ["-13", "-100", "105", "110", "1.0", "007"],
  ],
  [
    { type: "number", minimum: -1.5, exclusiveMaximum: 2.25 },
    ["-1.5", "-1.49", "0", "0.001", "2.2", "2.249", "2"],
    ["-1.51", "-2", "2.25", "2.3", "3", "1e0"],
  ],
  [{ type: "number", exclusiveMinimum: 0 }, ["0.1", "1", "10.5"], ["0", "-1", "0.0"]],
  [{ type: "integer", multipleOf: 7, minimum: 10 }, ["14", "70", "700"], ["7", "15"]],
  [{ enum: [1, "a", null, { b: [true] }] }, ["1", '"a"', "null", '{"b":[true]}'], ["2", '"b"', '{"b":[]}']],
  [{ type: ["string", "null"], const: null }, ["null"], ['"a"']],
  [{ allOf: [{ type: "integer" }, { minimum: 3 }, { enum: [1, 3, 5, "x"] }] }, ["3", "5"], ["1", '"x"']],
  [
    {
      anyOf: [
        { type: "string", maxLength: 1 },
        { type: "integer", maximum: 3 },
      ],
    },
    ['"a"', "3"],
    ['"ab"', "4"],
  ],
  [
    {
      oneOf: [
        { properties: { kind: { const: "a" } }, required: ["kind"] },
        { properties: { kind: { const: "b" } }, required: ["kind"] },
      ],
      type: "object",
    },
    ['{"kind":"a"}', '{"kind":"b"}'],
    ['{"kind":"c"}', "{}"],
  ],
  [NODE, ['{"value":1,"next":{"value":2,"next":null}}'], ['{"value":1}', '{"value":1,"next":{}}']],
  [{ properties: { a: false, b: { type: "null" } }, type: "object" }, ['{"b":null}', "{}"], ['{"a":1}']],
];

describe("a JSON schema", () => {
  it.each(cases)("%j", (schema, kept, others) => {
    const constraint = constraintOf(schema);
    for (const text of kept) expect(constraint.accepts(text), text).toBe(true);
    for (const text of others) expect(constraint.accepts(text), text).toBe(false);
  });

  it.each([
    [{ not: {} }, "the JSON schema at #: no value keeps it"],
    [{ type: "array", uniqueItems: true }, "uniqueItems is supported for items of an enum"],
    [
      { properties: { a: { isSorted: true } }, type: "object" },
      "the JSON schema at #/properties/a: isSorted is not supported",
    ],
    [{ unheardOf: 1 }, "unheardOf is not supported"],
    [{ type: "strin" }, "type must be of null, boolean"],
    [{ type: "string", format: "iri" }, 'format "iri" is not supported'],
    [{ type: "string", pattern: "(?=a)" }, 'the JSON schema at #: pattern "(?=a" in a regular expression'],
    [{ type: "number", multipleOf: 0.1 }, "multipleOf is supported for whole numbers"],
    [{ type: "string", minLength: -1 }, "minLength must be a whole number from 0"],
    [{ type: "object", minProperties: 3, properties: { a: {} } }, "minProperties 3 is supported up to"],
    [{ $ref: "https://example.com/x" }, "leads out of the schema"],
    [{ $ref: "#/$defs/x" }, "leads nowhere"],
    [{ $ref: "#" }, "it leads back to itself without a value between"],
    [
      { oneOf: [{ type: "array" }, { uniqueItems: true }] },
      "#/oneOf/1: uniqueItems is not supported in what",
    ],
    [{ $ref: "#/%zz" }, "leads nowhere"],
    [{ $ref: "other.json#a" }, "leads out of the schema"],
    [{ type: "string", enum: [1] }, "no value keeps it"],
    [{ enum: "a" }, "enum must be a list"],
    [{ allOf: [] }, "allOf must be a list of schemas"],
    [{ properties: [] }, "properties must be an object of schemas"],
    [{ required: "a" }, "required must be a list of texts"],
    [{ type: "object", properties: { a: 1 } }, "expected a schema"],
    [{ type: "string", minLength: 30_000, pattern: "a" }, "more than 20000 nodes"],
  ])("%j is refused", (schema, problem) => {
    expect(() => constraintOf(schema as JsonValue)).toThrow(problem);
  });

  it("a list that cannot be filled allows no text", () => {
    expect(() => constraintOf({ type: "array", minItems: 1, items: false })).toThrow(
      "the JSON schema: it allows no text",
    );
  });

  it("a report tells what becomes of each keyword", () => {
    const schema = {
      title: "t",
      type: "object",
      properties: { "a/b": { isSorted: {} } },
      $defs: { x: { items: [{ const: 1 }] } },
    };
    const { uses, problem } = schemaReport(schema);
    expect(problem).toBe("the JSON schema at #/properties/a~1b: isSorted is not supported");
    expect(uses).toContainEqual({ pointer: "#", keyword: "title", treatment: "annotation" });
    expect(uses).toContainEqual({ pointer: "#/properties/a~1b", keyword: "isSorted", treatment: "refused" });
    expect(uses).toContainEqual({ pointer: "#/$defs/x/items/0", keyword: "const", treatment: "enforced" });
    expect(schemaReport(true)).toEqual({ uses: [], problem: undefined });
  });
});
