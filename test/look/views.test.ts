import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../src/engine/model.ts";
import { attention, valueNorms } from "../../src/look/attention.ts";
import { type Grid, part } from "../../src/look/grid.ts";
import { headKind } from "../../src/look/head-scores.ts";
import { lens } from "../../src/look/lens.ts";
import { rollout } from "../../src/look/rollout.ts";
import { surprisal } from "../../src/look/surprisal.ts";
import { hiddenNames, watch } from "../../src/look/watching.ts";
import { describeWithShared } from "../shared.ts";
import { expectClose, expectEqual, expectedOf, LOOKED_AT, modelOf } from "./golden.ts";

describeWithShared("what a text shows", () => {
  describe.each(LOOKED_AT)("%s", (name) => {
    const expected = expectedOf(name);
    let model: Model;
    beforeAll(async () => {
      model = await modelOf(name);
    });
    afterAll(() => model.close());

    it.each([0, 1])("prompt %i: attention, rollout and scores of heads", async (number) => {
      const own = expected.prompts[number as 0 | 1];
      const view = await attention(model, own.ids);
      const all = (grid: (layer: (typeof view.layers)[number]) => Grid) =>
        view.layers.flatMap((layer) => [...grid(layer).values]);
      expectClose(
        "attention",
        all(({ weights }) => weights),
        own.attention,
      );
      expectClose(
        "attention_mean",
        all(({ mean }) => mean),
        own.attention_mean,
      );
      expectClose("rollout", rollout(view).values, own.rollout);
      const { scores } = own;
      const score = (name: string) => scores[name] ?? null;
      expectClose(
        "previous",
        all(({ scores }) => scores.previousToken),
        score("previous_token"),
      );
      expectClose(
        "first",
        all(({ scores }) => scores.firstToken),
        score("first_token"),
      );
      expectClose(
        "duplicate",
        all(({ scores }) => scores.duplicateToken),
        score("duplicate_token"),
      );
      expectClose(
        "all",
        all(({ scores }) => scores.duplicateTokenAll),
        score("duplicate_token_all"),
      );
      expectClose(
        "entropy",
        all(({ scores }) => scores.entropy),
        score("entropy"),
      );
      expectClose(
        "normalised",
        all(({ scores }) => scores.entropyNormalised),
        score("entropy_normalised"),
      );
      expectClose(
        "distance",
        all(({ scores }) => scores.distance),
        score("distance"),
      );
      if (own.value_weighted) {
        const weighted: number[] = [];
        for (const { layer, weights } of view.layers) {
          const norms = await valueNorms(model, own.ids, layer);
          const length = own.ids.length;
          weights.values.forEach((weight, at) => {
            const head = Math.floor(at / (length * length));
            weighted.push(weight * (norms?.values[head * length + (at % length)] ?? Number.NaN));
          });
        }
        expectClose("value_weighted", weighted, own.value_weighted);
      }
    });

    it.each([0, 1])("prompt %i: residual stream, lens and surprisal", async (number) => {
      const own = expected.prompts[number as 0 | 1];
      const names = hiddenNames(model);
      const active = `blocks.${own.mlp_activations?.layer ?? 0}.mlp.down.input`;
      const { logits, kept } = await watch(model, own.ids, { keep: [...names, active] });
      if (own.hidden && own.mlp_activations) {
        expectClose(
          "hidden",
          names.flatMap((name) => [...kept(name).values]),
          own.hidden,
        );
        expectClose("mlp", kept(active).values, own.mlp_activations.values);
      }
      expectClose("last_logits", logits, own.last_logits);

      const seen = await lens(model, own.ids);
      const pairs = (ids: Grid<Int32Array>, probabilities: Grid) =>
        [...ids.values].flatMap((id, i) => [id, probabilities.values[i] as number]);
      expectClose("top", pairs(seen.topIds, seen.topProbabilities), own.lens.top, 2e-7);
      expectClose("log_probability", seen.logProbability.values, own.lens.log_probability);
      expectEqual("rank", seen.rank.values, own.lens.rank);
      expectEqual("final_rank", seen.finalRank.values, own.lens.final_rank);
      expectClose("kl", seen.divergence.values, own.lens.kl);
      expectClose("entropy", seen.entropy.values, own.lens.entropy);

      const text = await surprisal(model, own.ids);
      expectClose("nats", text.nats.values, own.surprisal.nats);
      expectEqual("rank", text.rank.values, own.surprisal.rank);
      expectClose("entropy", text.entropy.values, own.surprisal.entropy_nats);
      expectClose("loss", text.loss, own.surprisal.loss);
      expectEqual("top", part(text.topIds, 3).values, [
        ...part(part(seen.topIds, names.length - 1), 2).values,
      ]);
    });

    it("induction on repeated ids", async () => {
      const { ids, scores } = expected.induction;
      const { layers } = await attention(model, ids);
      expectClose(
        "induction",
        layers.flatMap(({ scores }) => [...scores.induction.values]),
        scores ?? null,
      );
      if (!expected.induction_head || !expected.previous_token_head) return;
      const kinds = layers.map(({ heads, scores }) =>
        Array.from({ length: heads }, (_, head) => headKind(scores, head)),
      );
      const [layer, head] = expected.induction_head;
      expect(kinds[layer]?.[head]).toBe("induction");
      const [before, previous] = expected.previous_token_head;
      expect(kinds[before]?.[previous]).toBe("previous token");
      expect(kinds.flat().filter(Boolean)).toHaveLength(2);
    });
  });

  it("attention of a long text is pooled: rows still sum to 1", async () => {
    await using model = await modelOf("gpt2");
    const ids = expectedOf("gpt2").prompts[0].ids;
    const { pool, layers } = await attention(model, ids, { cells: 5 });
    expect(pool).toBe(3);
    for (const { weights } of layers) {
      expect(weights.shape).toEqual([4, 4, 4]);
      for (let row = 0; row < 16; row++) {
        const sum = weights.values.subarray(row * 4, row * 4 + 4).reduce((a, b) => a + b);
        expect(sum).toBeCloseTo(1, 5);
      }
    }
  });
});
