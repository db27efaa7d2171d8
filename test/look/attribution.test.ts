import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../src/engine/model.ts";
import { attribution } from "../../src/look/attribution/attribution.ts";
import { describeWithShared } from "../shared.ts";
import { expectClose, expectedOf, LOOKED_AT, modelOf } from "./golden.ts";

describeWithShared("direct logit attribution", () => {
  describe.each(LOOKED_AT)("%s", (name) => {
    const expected = expectedOf(name);
    let model: Model;
    beforeAll(async () => {
      model = await modelOf(name);
    });
    afterAll(() => model.close());

    it.each([0, 1] as const)("prompt %i", async (number) => {
      const { ids, attribution: own } = expected.prompts[number];
      const found = await attribution(model, ids);
      const field = (name: string) => own[name] ?? found.layers.map(() => 0);
      expect([found.token, found.against]).toEqual([own.token, own.runner_up]);
      expectClose("scale", found.scale, own.scale ?? null);
      expectClose("embedding", found.embedding, own.embedding ?? null);
      expectClose("position", found.position, own.position ?? 0);
      const { layers } = found;
      expectClose(
        "heads",
        layers.flatMap(({ heads }) => [...heads.values]),
        field("heads"),
      );
      const sources = layers.flatMap(({ headsBySource }) => [...(headsBySource?.values ?? [])]);
      expectClose("heads_by_source", sources, field("heads_by_source"));
      expectClose(
        "attention_bias",
        layers.map(({ attentionBias }) => attentionBias),
        field("attention_bias"),
      );
      expectClose(
        "mlp",
        layers.map(({ mlp }) => mlp),
        field("mlp"),
      );
      expectClose(
        "mlp_bias",
        layers.map(({ mlpBias }) => mlpBias),
        field("mlp_bias"),
      );
      expectClose("final_norm_bias", found.finalNormBias, own.final_norm_bias ?? 0);
      expectClose("sum", found.sum, own.sum);
      expectClose("logit", found.logit, own.logit_difference);
      expectClose(
        "capped",
        found.logitAfterSoftCap,
        own.logit_difference_after_softcap ?? own.logit_difference,
      );
      expect(Math.abs(found.sum - found.logit)).toBeLessThan(1e-4);
      // The neurons of the hand-made model write exactly nothing.
      const written = ([, , share]: readonly [number, number, number]) => share !== 0;
      const neurons = found.topNeurons.map(({ layer, neuron, share }) => [layer, neuron, share] as const);
      expectClose("top_neurons", neurons.filter(written).flat(), own.top_neurons.filter(written), 1e-6);
    });
  });
});
