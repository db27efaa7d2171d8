import { expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { checkpointOf } from "./config-json.ts";

const config: JsonObject = { model_type: "smollm3", num_hidden_layers: 4, vocab_size: 50, hidden_size: 24 };
const small = { ...config, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 8 };

/** Whether each layer rotates. */
async function rotated(fields: JsonObject): Promise<boolean[]> {
  const { config } = await parseModel(checkpointOf({ ...small, ...fields }));
  return config.layers.map(({ mixer }) => mixer.kind === "attention" && mixer.position.kind === "rotary");
}

it("layers without rotation are listed, or every so many", async () => {
  expect(await rotated({})).toEqual([true, true, true, false]);
  expect(await rotated({ no_rope_layer_interval: 2 })).toEqual([true, false, true, false]);
  expect(await rotated({ no_rope_layers: [0, 1, 1, 1] })).toEqual([false, true, true, true]);
});

it.each([
  [{ no_rope_layers: [0, 1] }, /no_rope_layers is \[0,1\], expected 4 of them, one for each layer/],
  [{ no_rope_layers: [0, 1, 1, 2] }, /no_rope_layers is \[0,1,1,2\], expected a list of 0 and 1/],
  [{ no_rope_layer_interval: 0 }, /no_rope_layer_interval is 0/],
  [{ use_sliding_window: 1 }, /use_sliding_window is 1, expected true or false/],
])("refuses %j", async (fields, message) => {
  expect((await rejectionOf(parseModel(checkpointOf({ ...small, ...fields })))).message).toMatch(message);
});
