import { describe, expect, it } from "vitest";
import { windowOf } from "../../../src/families/layers/layer-types.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import * as configs from "../../fixtures/configs.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { type GgufMetadataToWrite, typed } from "../../fixtures/gguf-writer.ts";
import type { TensorsToWrite } from "../../fixtures/tensors.ts";
import { configOf, uniformConfigOf } from "../config-json.ts";
import { ggufReader } from "../gguf-metadata.ts";

const { llama, uniformLlama } = ggufReader();

describe("the rotary embedding of config.json", () => {
  const position = async (fields: JsonObject) =>
    (await uniformConfigOf({ ...configs.tinyLlama, ...fields })).position;
  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const scaling = { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalPositions: 8192 };

  it.each([
    [{ rope_theta: 5e5 }, 5e5, { kind: "none" }],
    [{ rope_theta: undefined }, 1e4, { kind: "none" }],
    [{ rope_scaling: {} }, 1e4, { kind: "none" }],
    [{ rope_scaling: { type: "linear", factor: 4 } }, 1e4, { kind: "linear", factor: 4 }],
    [{ rope_scaling: { rope_type: "default" } }, 1e4, { kind: "none" }],
    [{ rope_scaling: { rope_type: "llama3", ...llama3 }, rope_theta: 5e5 }, 5e5, scaling],
    [
      { rope_parameters: { rope_type: "llama3", rope_theta: 5e5, ...llama3 }, rope_theta: undefined },
      5e5,
      scaling,
    ],
    [{ rope_parameters: { rope_type: "default", rope_theta: 1e6 } }, 1e6, { kind: "none" }],
    [
      { rope_parameters: { full_attention: { rope_type: "default", rope_theta: 1e6 } } },
      1e6,
      { kind: "none" },
    ],
    [{ partial_rotary_factor: 1.0 }, 1e4, { kind: "none" }],
  ])("%j", async (fields, theta, expected) => {
    expect(await position(fields)).toEqual({ kind: "rotary", theta, scaling: expected });
  });
});

describe("a sliding window", () => {
  const none = Array<undefined>(24).fill(undefined);
  const qwen = (fields: JsonObject) => configOf({ ...configs.qwen25, ...fields });
  it.each<[JsonObject, (number | undefined)[]]>([
    [{ sliding_window: 100 }, none],
    [{ sliding_window: 100, use_sliding_window: true }, none],
    [
      { sliding_window: 100, use_sliding_window: true, max_window_layers: 20 },
      none.map((_, i) => (i < 20 ? undefined : 100)),
    ],
    [{ sliding_window: 100, use_sliding_window: true, max_window_layers: 0 }, none.map(() => 100)],
    [
      { sliding_window: 100, num_hidden_layers: 2, layer_types: ["full_attention", "sliding_attention"] },
      [undefined, 100],
    ],
    [{ sliding_window: 100, num_hidden_layers: 1, layer_types: ["full_attention"] }, [undefined]],
  ])("of Qwen2: %j", async (fields, expected) => {
    const { layers, nPositions } = await qwen(fields);
    expect(layers.map(windowOf)).toEqual(expected);
    expect(nPositions).toBe(32768);
  });
});

describe("the rotary embedding of GGUF metadata", () => {
  const scaling = async (fields: GgufMetadataToWrite, tensors?: TensorsToWrite) => {
    const { position } = await uniformLlama(fields, tensors);
    return position.kind === "rotary" ? position.scaling : undefined;
  };
  const freqs = (...data: number[]) => ({ "rope_freqs.weight": { shape: [data.length], data } });

  it("scaled by a factor, in the old and the new spelling", async () => {
    expect(await scaling({ "rope.scaling.type": "linear", "rope.scaling.factor": 4 })).toEqual({
      kind: "linear",
      factor: 4,
    });
    expect(await scaling({ "rope.scale_linear": 2 })).toEqual({ kind: "linear", factor: 2 });
    expect(await scaling({ "rope.scaling.type": "none", "rope.scaling.factor": 4 })).toEqual({
      kind: "none",
    });
    expect(await scaling({ "rope.scaling.factor": typed("f32", 0) })).toEqual({ kind: "none" });
  });

  it("with the divisors of rope_freqs.weight", async () => {
    expect(await scaling({}, freqs(1, 32))).toEqual({ kind: "divisors", divisors: [1, 32] });
    expect(await scaling({ "rope.scaling.factor": 2 }, freqs(1, 32))).toEqual({
      kind: "divisors",
      divisors: [2, 64],
    });
  });

  it.each([
    [freqs(1, 2, 3), /"rope_freqs\.weight" is F32 \[3\], expected F32 \[2\]/],
    [freqs(1, 0), /divisor that is not above 0/],
    [freqs(1, Number.NaN), /divisor that is not above 0/],
    [{ "rope_freqs.weight": { dtype: "F16", shape: [2] } }, /is F16/],
  ])("refuses %j", async (tensors, message) => {
    expect((await rejectionOf(llama({}, tensors))).message).toMatch(message);
  });
});
