import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../src/engine/model.ts";
import { ablation, lossWith, withoutParts } from "../../src/look/ablation.ts";
import { gradients } from "../../src/look/gradients/gradients.ts";
import { headGradients } from "../../src/look/gradients/head-gradients.ts";
import { type Baseline, integratedGradients } from "../../src/look/gradients/integrated-gradients.ts";
import { leaveOneOut } from "../../src/look/gradients/leave-one-out.ts";
import { replaceColumns } from "../../src/look/parts.ts";
import { patching, patchingEstimate } from "../../src/look/patching.ts";
import { directionsBetween, steeringChanges } from "../../src/look/steering/steering.ts";
import { watch } from "../../src/look/watching.ts";
import { describeWithShared } from "../shared.ts";
import { expectClose, expectedOf, LOOKED_AT, modelOf } from "./golden.ts";

const BASELINES: Readonly<Record<string, Baseline>> = {
  zero: { kind: "zero" },
  id0: { kind: "id", id: 0 },
  zero_token: { kind: "positions" },
};

describeWithShared("what changes of a text change", () => {
  describe.each(LOOKED_AT)("%s", (name) => {
    const expected = expectedOf(name);
    let model: Model;
    beforeAll(async () => {
      model = await modelOf(name);
    });
    afterAll(() => model.close());

    it.each([0, 1] as const)("prompt %i: gradients and leave one out", async (number) => {
      const { ids, gradients: own, leave_one_out: out } = expected.prompts[number];
      if (!own || !out) return;
      const score = { token: own.token };
      const found = await gradients(model, ids, score);
      expectClose("saliency", found.saliency.values, own.saliency);
      expectClose("gradient_x_input", found.gradientXInput.values, own.gradient_x_input);
      expectClose("gradient_x_token", found.gradientXToken.values, own.gradient_x_token);
      const contrast = await gradients(model, ids, { token: own.token, against: own.runner_up });
      expectClose("contrast", contrast.gradientXInput.values, own.gradient_x_input_contrast);
      for (const [name, { attributions, sum, difference }] of Object.entries(own.integrated)) {
        const way = await integratedGradients(model, ids, score, { baseline: BASELINES[name] });
        expectClose(name, way.attributions.values, attributions, 2e-4);
        expectClose(
          `${name} sum`,
          [way.sum, way.difference, way.gap],
          [sum, difference, sum - difference],
          2e-4,
        );
      }
      const without = await leaveOneOut(model, ids, { token: out.token }, 0);
      expectClose("replaced", without.replaced.values, out.replaced_by_id_0);
      expectClose("removed", without.removed.values, out.removed);
    });

    it.each([0, 1] as const)("prompt %i: ablation and steering", async (number) => {
      const { ids, ablation: own, steering } = expected.prompts[number];
      const field = (name: string) => own[name] ?? null;
      const zero = await ablation(model, ids);
      expectClose("loss", zero.loss, field("loss"));
      expectClose("heads_zero", zero.heads.values, field("heads_zero"));
      expectClose("mlp_zero", zero.mlp.values, field("mlp_zero"));
      const mean = await ablation(model, ids, { by: "mean" });
      expectClose("heads_mean", mean.heads.values, field("heads_mean"));
      expectClose("mlp_mean", mean.mlp.values, field("mlp_mean"));
      expectClose("gates", (await headGradients(model, ids)).values, field("head_gate_gradient"));
      if (own.mlp_zero_keep_bias) {
        const losses: number[] = [];
        for (const [layer] of model.config.layers.entries()) {
          const name = `blocks.${layer}.mlp.down.input`;
          const { kept } = await watch(model, ids, { keep: [name] });
          const changes = new Map([[name, replaceColumns(0, 1, kept(name), "zero")]]);
          losses.push((await lossWith(model, ids, { changes })).loss);
        }
        expectClose("mlp_zero_keep_bias", losses, own.mlp_zero_keep_bias);
      }
      const changes = withoutParts(model, { heads: [{ layer: 1, head: 1 }], layers: [] });
      const both = withoutParts(model, {
        heads: [
          { layer: 0, head: 0 },
          { layer: 0, head: 1 },
        ],
        layers: [1],
      });
      const { heads } = zero;
      expect(Math.fround((await lossWith(model, ids, { changes })).loss)).toBe(
        heads.values[(heads.shape[1] as number) + 1],
      );
      expect((await lossWith(model, ids, { changes: both })).loss).not.toBe(zero.loss);
      if (!steering) return;
      const { hidden_index: layer, coefficient, vector, logits } = steering;
      const steered = steeringChanges([{ layer, coefficient, direction: Float32Array.from(vector) }]);
      const rows: number[] = [];
      for (let length = 1; length <= ids.length; length++) {
        rows.push(...(await watch(model, ids.slice(0, length), { changes: steered })).logits);
      }
      expectClose("steering", rows, logits);
    });

    it.each(["patching", "patching_match"] as const)("%s", async (field) => {
      const own = expected[field];
      if (!own) return;
      const found = await patching(model, own.clean, own.corrupted);
      expect([found.token, found.against]).toEqual([own.token, own.against]);
      expectClose("clean", found.cleanDifference, own.clean_difference);
      expectClose("corrupted", found.corruptedDifference, own.corrupted_difference);
      expectClose("residual", found.residual.values, own.residual);
      expectClose("restored", found.restored.values, own.residual_restored);
      expectClose("attention", found.attention.values, own.attention_output);
      expectClose("mlp", found.mlp.values, own.mlp_output);
      expectClose("heads", found.heads.values, own.heads);
      expectClose("estimate", (await patchingEstimate(model, found)).values, own.residual_estimate);
    });
  });

  it("prompts of other lengths cannot be patched; a direction leads from one prompt to another", async () => {
    await using model = await modelOf("gpt2");
    await expect(patching(model, [1, 2], [3])).rejects.toThrow(
      "the two prompts need as many tokens, found 2 and 1",
    );
    const directions = await directionsBetween(model, [1, 2], [1, 3]);
    expect(directions).toHaveLength(4);
    const [first = new Float32Array()] = directions;
    const changes = steeringChanges([{ layer: 0, direction: first, coefficient: 1 }]);
    const steered = await watch(model, [2], { changes, keep: ["hidden.0"] });
    const [a, b] = [
      steered.kept("hidden.0").values,
      (await watch(model, [3], { keep: ["hidden.0"] })).kept("hidden.0").values,
    ];
    expectClose("steered", a, [...b]);
  });
});
