import { describe, expect, it } from "vitest";
import type { AttentionConfig, DecoderConfig, LayerConfig } from "../../src/model/config.ts";
import { attentionOf } from "../../src/model/mixers.ts";
import { refuseUnsupported } from "../../src/model/supported.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { gpt2, llama, openAiGpt } from "../fixtures/stored-config.ts";
import { decoderOf } from "../fixtures/uniform.ts";

const base = decoderOf(llama);
const [layer] = base.layers as [LayerConfig];

/** The second layer is changed. */
const layered = (change: Partial<LayerConfig>): DecoderConfig => ({
  ...base,
  layers: [layer, { ...layer, ...change }],
});
const attending = (change: Partial<AttentionConfig>) =>
  layered({ mixer: { ...attentionOf(layer), ...change } });

describe("what the kernels do not compute yet is refused by name", () => {
  it.each<[string, DecoderConfig]>([
    [
      "layer 1 has an MLP with clamped_swiglu and without a gate",
      layered({ mlp: { ...layer.mlp, activation: "clamped_swiglu", gated: false } }),
    ],
  ])("%s", async (what, config) => {
    const error = await rejectionOf((async () => refuseUnsupported("models/x", config))());
    expect([error.code, error.message]).toEqual([
      "invalid-file",
      `models/x: ${what}, which is not supported yet`,
    ]);
  });

  it("and what they compute passes", () => {
    for (const config of [gpt2, openAiGpt, llama]) {
      expect(() => refuseUnsupported("models/x", decoderOf(config))).not.toThrow();
    }
    for (const kind of ["window", "chunk"] as const) {
      const masked = attending({ mask: { kind, size: 8 }, valueDim: 8, softCap: 50 });
      expect(() => refuseUnsupported("models/x", masked)).not.toThrow();
    }
  });
});
