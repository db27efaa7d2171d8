import { beforeAll, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import type { KvDtype } from "../../src/compute/memory/kv-types.ts";
import { Model, type ModelOptions } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const size = { nEmbd: 64, nHead: 2, nKvHead: 1, nInner: 64 };

beforeAll(() => {
  writeRandomDirectory(file("of 32"), { ...llama, ...size, headDim: 32 });
  writeRandomDirectory(file("of 40"), { ...llama, ...size, headDim: 40 });
});

async function load(name: string, options: ModelOptions): Promise<Model> {
  const checkpoint = await openCheckpoint(file(name));
  return Model.load(checkpoint, await parseModel(checkpoint), { threads: 1, simd: "plain", ...options });
}

it.each([
  ["f32 by default", "of 32", {}, "f32", "f32"],
  ["f16 beside quantized weights", "of 32", { quantization: "q8_0" }, "f16", "f16"],
  ["f32 where that is asked for", "of 32", { quantization: "q8_0", kvCache: "f32" }, "f32", "f32"],
  [
    "of two types where that is asked for",
    "of 32",
    { kvCache: { keys: "q8_0", values: "q4_0" } },
    "q8_0",
    "q4_0",
  ],
  ["of one type and the default", "of 32", { kvCache: { values: "q8_0" } }, "f32", "q8_0"],
] as const)("the cache of a model is %s", async (_, heads, options, keys, values) => {
  await using model = await load(heads, options);
  expect(model.kvShape.types).toEqual({ keys, values });
});

it("refuses an unknown type, and blocks for heads that do not fit", async () => {
  expect(await rejectionOf(load("of 32", { kvCache: "q4" as KvDtype }))).toMatchObject({
    code: "usage",
    message: 'key/value cache "q4": expected one of f32, f16, q8_0, q4_0',
  });
  expect(await rejectionOf(load("of 40", { kvCache: { values: "q8_0" } }))).toMatchObject({
    code: "usage",
    message:
      "a q8_0 key/value cache needs heads of a multiple of 32 dimensions, this model has 40: choose f16",
  });
});
