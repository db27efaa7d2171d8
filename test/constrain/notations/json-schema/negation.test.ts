/** Keywords that say what may not be, against ajv: nothing is allowed that it refuses, and the given texts are. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../../src/constrain/notations/json-schema/keywords.ts";
import { constraintIn } from "../../../../src/constrain/notations/table.ts";
import type { JsonObject } from "../../../../src/files/json.ts";
import { Random } from "../../../../src/generate/sampling/random.ts";

const tokenizer = {
  vocabSize: 256,
  bytes: (id: number) => Buffer.from([id]),
  isSpecial: () => false,
};

/** Biome takes a literal with a field `then` for a promise. */
const conditional = (condition: JsonSchema, yes: JsonSchema, no: JsonSchema): JsonObject =>
  Object.fromEntries(["if", "then", "else"].map((keyword, i) => [keyword, [condition, yes, no][i]]));

const color = { enum: ["red", "green", "blue"] };
const shape = {
  type: "object",
  properties: {
    kind: { enum: ["circle", "square"] },
    radius: { type: "integer" },
    side: { type: "integer" },
  },
  required: ["kind"],
  ...conditional(
    { properties: { kind: { const: "circle" } } },
    { required: ["radius"] },
    { required: ["side"] },
  ),
};

const cases: readonly (readonly [JsonSchema, readonly string[], readonly string[]])[] = [
  [{ type: "string", not: { enum: ["no", "never"] } }, ['"yes"', '"nob"', '""'], ['"no"', '"never"', "7"]],
  [{ type: "integer", not: { const: 5 } }, ["4", "6", "-5", "55"], ["5"]],
  [{ type: "integer", minimum: 0, maximum: 3, not: { enum: [1, 2] } }, ["0", "3"], ["1", "2", "4"]],
  [{ type: "number", not: { const: 0 } }, ["0.5", "-0.5", "1000"], ["0", "-0", "0.0", "0e5"]],
  [{ not: { type: ["object", "array", "string", "number"] } }, ["null", "true"], ["1", "{}", '"a"']],
  [{ type: "boolean", not: { const: true } }, ["false"], ["true"]],
  [{ type: ["string", "null"], not: { const: null } }, ['"a"'], ["null"]],
  [
    { type: "object", properties: { a: {}, b: {} }, not: { required: ["a", "b"] } },
    ["{}", '{"a":1}', '{"b":1}'],
    ['{"a":1,"b":1}'],
  ],
  [
    { type: "object", properties: { a: {}, b: {}, c: {} }, dependentRequired: { a: ["b", "c"] } },
    ["{}", '{"b":1}', '{"a":1,"b":1,"c":1}'],
    ['{"a":1}', '{"a":1,"b":1}'],
  ],
  [
    shape,
    ['{"kind":"circle","radius":1}', '{"kind":"square","side":1}', '{"kind":"square","radius":2,"side":1}'],
    ['{"kind":"circle"}', '{"kind":"circle","side":1}', '{"kind":"square","radius":1}'],
  ],
  [
    {
      type: "object",
      properties: { a: color, b: {} },
      ...conditional({ required: ["b"] }, { required: ["a"] }, true),
    },
    ["{}", '{"a":"red"}', '{"a":"red","b":1}'],
    ['{"b":1}'],
  ],
  [
    conditional({ type: "string" }, { minLength: 2 }, { type: "integer" }),
    ['"ab"', "7"],
    ['"a"', "null", "1.5"],
  ],
  [
    { type: "array", items: color, uniqueItems: true, minItems: 1 },
    ['["red"]', '["red", "blue", "green"]'],
    ["[]", '["red","red"]', '["red","blue","red"]'],
  ],
  [{ not: { type: "string", minLength: 2, pattern: "^a" } }, ['"a"', '"bc"', "7"], ['"ab"', '"abc"']],
  [{ type: "number", not: { type: "integer" } }, ["0.5", "-12.25"], ["1", "1.0", "7.50"]],
  [{ type: "integer", not: { minimum: 3, maximum: 9 } }, ["2", "10"], ["3", "9"]],
  [{ oneOf: [{ type: "integer" }, { type: "number", minimum: 2 }] }, ["1", "2.5"], ["2", "3", "1.5"]],
  [
    { type: "array", items: { type: "integer" }, contains: { minimum: 5 }, minContains: 2, maxContains: 3 },
    ["[5,6]", "[1,5,2,7,9]"],
    ["[]", "[5]", "[5,6,7,8]", "[1,2,3]"],
  ],
  [
    { type: "array", prefixItems: [{ const: 1 }], contains: { const: "a" } },
    ['[1,"a"]', '[1,2,"a",3]'],
    ['["a"]', "[1]"],
  ],
  [
    {
      ...{ type: "object", properties: { a: {}, b: {}, c: {} } },
      dependentSchemas: { a: { properties: { b: color }, required: ["b"] } },
      dependencies: { c: ["b"] },
    },
    ["{}", '{"b":1}', '{"a":1,"b":"red"}', '{"b":1,"c":1}'],
    ['{"a":1}', '{"a":1,"b":1}', '{"c":1}'],
  ],
  [
    {
      type: "object",
      propertyNames: { enum: ["x", "y"] },
      additionalProperties: { type: "integer" },
      minProperties: 1,
    },
    ['{"x":1}', '{"y":2}'],
    ["{}", '{"z":1}'],
  ],
  [
    {
      allOf: [{ type: "object", properties: { a: { type: "integer" } }, required: ["a"] }],
      anyOf: [{ properties: { b: { type: "null" } }, required: ["b"] }, true],
      unevaluatedProperties: false,
    },
    ['{"a":1}', '{"a":1,"b":null}'],
    ['{"a":1,"c":1}', '{"a":1,"b":2}'],
  ],
  [
    { type: "array", allOf: [{ prefixItems: [{ type: "null" }] }], unevaluatedItems: { type: "integer" } },
    ["[]", "[null]", "[null,1,2]"],
    ["[1]", '[null,"a"]'],
  ],
  [
    {
      ...{ $id: "https://example.com/tree", $dynamicAnchor: "node", type: "object", required: ["value"] },
      properties: {
        value: { $ref: "#word" },
        next: { $dynamicRef: "#node" },
        kind: { $ref: "kinds#/$defs/a" },
      },
      $defs: { w: { $anchor: "word", enum: ["a", "b"] }, k: { $id: "kinds", $defs: { a: { const: 1 } } } },
    },
    ['{"value":"a"}', '{"value":"a","next":{"value":"b"}}', '{"value":"b","kind":1}'],
    ['{"value":"c"}', '{"value":"a","next":{}}', '{"value":"b","kind":2}'],
  ],
  [
    { type: "array", items: { enum: [1, null, true, "a"] }, uniqueItems: true, maxItems: 2 },
    ["[]", "[1,null]", '["a",1]'],
    ["[1,1]", '[1,null,"a"]'],
  ],
];

describe.each(cases)("%j", (schema, valid, invalid) => {
  const constraint = constraintIn("jsonSchema", schema);
  const isValid = new Ajv2020({ strict: false }).compile(schema);

  it("allows what it should, and nothing else", () => {
    for (const text of valid) expect([text, constraint.accepts(text)]).toEqual([text, true]);
    for (const text of invalid) expect([text, constraint.accepts(text)]).toEqual([text, false]);
  });

  it("has no text that ajv refuses", () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new Random(seed);
      let position = constraint.start(tokenizer);
      const bytes: number[] = [];
      for (let step = 0; !position.complete && !(position.mayEnd && step > 40); step++) {
        const scores = new Float32Array(tokenizer.vocabSize);
        position.narrow(scores, []);
        const ids = [...scores.keys()].filter((id) => scores[id] === 0);
        const id = step > 40 ? position.closing?.[0] : ids[Math.floor(random.uniform() * ids.length)];
        if (id === undefined) break;
        bytes.push(id);
        position = position.after(id) as typeof position;
      }
      const text = Buffer.from(bytes).toString();
      expect(isValid(JSON.parse(text)), text).toBe(true);
    }
  });
});

it.each<readonly [JsonSchema, string]>([
  [{ not: { format: "date" } }, "#/not: format is not supported in what may not be"],
  [
    { not: { properties: { a: { prefixItems: [{}] } } } },
    "#/not/properties/a: prefixItems is not supported in",
  ],
  [conditional({ enum: [[1]] }, true, true), "#/if: enum of lists and objects is not supported"],
  [{ allOf: [{ contains: {} }, { contains: { type: "null" } }] }, "contains goes without another contains"],
  [{ contains: {}, maxContains: 30_000 }, "it counts too many items"],
  [{ dependentSchemas: [] }, "dependentSchemas must be an object of schemas"],
  [{ type: "array", uniqueItems: true }, "uniqueItems is supported for items of an enum"],
  [{ items: { enum: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, uniqueItems: true }, "for 8 values at most"],
  [{ uniqueItems: 1 }, "uniqueItems must be true or false"],
  [{ dependentRequired: { a: 1 } }, "dependentRequired must be an object of lists of texts"],
])("%j is refused by name", (schema, problem) => {
  expect(() => constraintIn("jsonSchema", schema)).toThrow(problem);
});
