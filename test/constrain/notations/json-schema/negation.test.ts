/** Keywords that say what may not be, against ajv: nothing is allowed that it refuses, and the given texts are. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../../src/constrain/notations/json-schema/keywords.ts";
import { constraintIn } from "../../../../src/constrain/notations/table.ts";
import type { JsonObject } from "../../../../src/files/json.ts";
import { Random } from "../../../../src/generate/sampling/random.ts";

const tokenizer = {
  vocabSize: 128,
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
      let text = "";
      for (let step = 0; !position.complete && !(position.mayEnd && step > 40); step++) {
        const scores = new Float32Array(tokenizer.vocabSize);
        position.narrow(scores, []);
        const ids = [...scores.keys()].filter((id) => scores[id] === 0);
        const id = step > 40 ? position.closing?.[0] : ids[Math.floor(random.uniform() * ids.length)];
        if (id === undefined) break;
        text += String.fromCharCode(id);
        position = position.after(id) as typeof position;
      }
      expect(isValid(JSON.parse(text)), text).toBe(true);
    }
  });
});

it.each<readonly [JsonSchema, string]>([
  [{ not: { minLength: 2 } }, "#/not: not and if are supported with type, const, enum"],
  [{ not: { type: "integer" } }, "#/not: not and if"],
  [{ not: { properties: { a: { items: {} } } } }, "#/not/properties/a: not and if"],
  [conditional({ anyOf: [true] }, true, true), "#/if: not and if"],
  [{ type: "array", uniqueItems: true }, "uniqueItems is supported for items of an enum"],
  [{ items: { enum: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, uniqueItems: true }, "for 8 values at most"],
  [{ uniqueItems: 1 }, "uniqueItems must be true or false"],
  [{ dependentRequired: { a: 1 } }, "dependentRequired must be an object of lists of texts"],
  [{ contains: { type: "string" } }, "contains is not supported"],
])("%j is refused by name", (schema, problem) => {
  expect(() => constraintIn("jsonSchema", schema)).toThrow(problem);
});
