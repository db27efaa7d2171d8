import { expect, it } from "vitest";
import { Fields } from "../../../src/families/fields.ts";
import {
  NO_TURN,
  namedScaling,
  readScaling,
  scalingJson,
} from "../../../src/families/rotary/rope-scaling.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import { rotaryDivisors } from "../../../src/model/attention/rotary.ts";
import type { RopeScaling } from "../../../src/model/attention/rotary-config.ts";

const fieldsOf = (values: JsonObject) => new Fields("config.json", "", (name) => values[name]);
const around = fieldsOf({ max_position_embeddings: 64 });
const read = (parameters: JsonObject) => readScaling(fieldsOf(parameters), around);

const llama3: RopeScaling = {
  kind: "llama3",
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalPositions: 40,
};

const scalings: readonly RopeScaling[] = [
  { kind: "linear", factor: 4 },
  llama3,
  {
    kind: "yarn",
    factor: 4,
    originalPositions: 16,
    betaFast: 32,
    betaSlow: 1,
    truncate: false,
    magnitude: 1.25,
  },
  { kind: "longrope", short: [1, 1.5], long: [2, 8], originalPositions: 16, magnitude: 1.2 },
  { kind: "dynamic", factor: 2, originalPositions: 64 },
  { kind: "proportional", part: 0.25 },
];

it.each(scalings.map((scaling) => [scaling.kind, scaling] as const))(
  "%s is read as it is written",
  (_, scaling) => {
    expect(read(scalingJson(scaling) ?? {})).toEqual(scaling);
  },
);

it("no scaling and divisors have no form in config.json", () => {
  expect(scalingJson({ kind: "none" })).toBeNull();
  expect(scalingJson({ kind: "divisors", divisors: [1, 2] })).toBeNull();
});

it("YaRN and LongRoPE follow their papers where a file says nothing", () => {
  expect(read({ type: "yarn", factor: 4 })).toMatchObject({
    magnitude: 0.1 * Math.log(4) + 1,
    truncate: true,
  });
  const deepseek = { type: "yarn", factor: 4, mscale: 0.5, mscale_all_dim: 1 };
  const magnitude = (0.05 * Math.log(4) + 1) / (0.1 * Math.log(4) + 1);
  expect(read(deepseek)).toMatchObject({ magnitude });
  const long = { type: "su", short_factor: [1], long_factor: [2], original_max_position_embeddings: 16 };
  expect(read(long)).toMatchObject({ magnitude: Math.sqrt(1 + Math.log(4) / Math.log(16)) });
});

it("divisors of GGUF have their names where a scaling gives them", () => {
  const made = rotaryDivisors(16, 10_000, llama3).map(Math.fround);
  expect(namedScaling(16, 10_000, made)).toEqual(llama3);
  expect(namedScaling(8, 10_000, [1, NO_TURN, NO_TURN, NO_TURN])).toEqual({
    kind: "proportional",
    part: 0.25,
  });
  expect(namedScaling(8, 10_000, [1, 3, 2, 5])).toBeUndefined();
});

it("an unknown kind and frequencies in the wrong order are refused", () => {
  expect(() => read({ type: "ntk" })).toThrow(/type is "ntk", which is not supported; default, linear/);
  const wrong = { ...scalingJson(llama3), low_freq_factor: 4 };
  expect(() => read(wrong)).toThrow(/high_freq_factor is 4, expected more than low_freq_factor, 4/);
});
