import { expect, it } from "vitest";
import { ablation } from "../../src/look/ablation.ts";
import { attention } from "../../src/look/attention.ts";
import { attribution } from "../../src/look/attribution/attribution.ts";
import { gradients } from "../../src/look/gradients/gradients.ts";
import { lens } from "../../src/look/lens.ts";
import { patching } from "../../src/look/patching.ts";
import { surprisal } from "../../src/look/surprisal.ts";
import { load } from "../engine/golden/models.ts";
import { casesOf, GOLDEN, pathOf } from "../engine/golden/table.ts";
import { describeWithShared } from "../shared.ts";

/** Families whose residual streams are several. */
const WITHOUT_ATTRIBUTION = ["gemma3n", "gemma3n_text"];

describeWithShared("every family", () => {
  it.each(GOLDEN)("%s", async (name) => {
    await using model = await load(pathOf(name), { simd: "plain", threads: 1, quantization: "f32" });
    const [{ prompt } = { prompt: [] }] = casesOf(name).toSorted((a, b) => b.prompt.length - a.prompt.length);
    const ids = prompt.slice(0, 7);
    const { layers, vocabSize } = model.config;
    const session = model.createSession();
    const logits = await session.append(ids, { every: true });

    // The last row of the lens is what the model says.
    const seen = await lens(model, ids);
    const [count = 0, positions = 0, top = 0] = seen.topIds.shape;
    expect([count, positions]).toEqual([layers.length + 1, ids.length]);
    for (const [i] of ids.entries()) {
      const own = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
      const best = own.indexOf(own.reduce((a, b) => Math.max(a, b)));
      expect(seen.topIds.values[((count - 1) * positions + i) * top]).toBe(best);
    }
    const last = seen.divergence.values.subarray((count - 1) * positions);
    expect([...last].every((value) => Math.abs(value) < 1e-6)).toBe(true);

    const view = await attention(model, ids);
    expect(view.layers).toHaveLength(layers.filter(({ mixer }) => mixer.kind === "attention").length);
    const text = await surprisal(model, ids);
    expect(text.loss).toBeGreaterThan(0);
    const without = await ablation(model, ids);
    expect(without.loss).toBe(text.loss);
    const changed = [...without.heads.values, ...without.attention.values, ...without.mlp.values];
    expect(changed.some((loss) => Math.abs(loss - text.loss) > 1e-6)).toBe(true);
    const patched = await patching(model, ids, ids.with(0, (ids[0] as number) + 1));
    expect(
      Math.abs((patched.restored.values[positions * layers.length + positions - 1] ?? 0) - 1),
    ).toBeLessThan(1e-3);

    if (WITHOUT_ATTRIBUTION.includes(name)) {
      await expect(attribution(model, ids)).rejects.toThrow("parallel residual streams");
    } else {
      const { sum, logit } = await attribution(model, ids);
      expect(Math.abs(sum - logit), `${sum} and ${logit}`).toBeLessThan(1e-4 * Math.max(1, Math.abs(logit)));
    }
    const found = await gradients(model, ids, { token: seen.topIds.values[0] as number });
    expect(found.saliency.values.some((value) => value > 0)).toBe(true);
  });
});
