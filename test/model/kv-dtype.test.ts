import { expect, it } from "vitest";
import type { KvDtype } from "../../src/compute/kv-cache.ts";
import { chooseKvDtype } from "../../src/model/kv-dtype.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { gpt2 } from "./stored-config.ts";

const quantized = [
  { dtype: "q4m", bytes: 100 },
  { dtype: "f32", bytes: 10 },
] as const;
const full = [
  { dtype: "f32", bytes: 100 },
  { dtype: "q8", bytes: 10 },
] as const;

const heads = (headDim: number) => ({ ...gpt2, headDim });

it.each([
  ["int8 beside quantized weights", 64, quantized, undefined, "int8"],
  ["f32 beside others", 64, full, undefined, "f32"],
  ["f32 where a head is no whole number of sixteens", 72, quantized, undefined, "f32"],
  ["f32 where the sums of a head could overflow", 528, quantized, undefined, "f32"],
  ["what is asked for", 64, quantized, "f32", "f32"],
  ["what is asked for", 512, full, "int8", "int8"],
] as const)("the cache of a model is %s (%i dimensions)", (_, headDim, weights, wish, expected) => {
  expect(chooseKvDtype(heads(headDim), weights, wish)).toBe(expected);
});

it("refuses what there is not, and what the heads do not allow", async () => {
  const refusal = (headDim: number, wish: KvDtype) =>
    rejectionOf((async () => chooseKvDtype(heads(headDim), full, wish))());
  expect(await refusal(64, "q4" as KvDtype)).toMatchObject({
    code: "usage",
    message: 'key/value cache "q4": expected one of f32, int8',
  });
  expect(await refusal(20, "int8")).toMatchObject({
    code: "usage",
    message:
      "an int8 key/value cache needs heads of a multiple of 16 up to 512 dimensions, this model has 20: choose f32",
  });
});
