import { expect, it } from "vitest";
import { ablation } from "../../src/look/ablation.ts";
import { attention } from "../../src/look/attention.ts";
import { attribution } from "../../src/look/attribution/attribution.ts";
import { Distribution } from "../../src/look/distribution.ts";
import { gradients } from "../../src/look/gradients/gradients.ts";
import { part } from "../../src/look/grid.ts";
import { lens } from "../../src/look/lens.ts";
import { patching } from "../../src/look/patching.ts";
import { readOut } from "../../src/look/read-out.ts";
import { surprisal } from "../../src/look/surprisal.ts";
import { hiddenNames, watch } from "../../src/look/watching.ts";
import { load } from "../engine/golden/models.ts";
import { casesOf, GOLDEN, pathOf } from "../engine/golden/table.ts";
import { describeWithShared } from "../shared.ts";
import { expectClose } from "./golden.ts";

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

    // The last row of the lens is what the model says, bit for bit.
    const last = hiddenNames(model).at(-1) as string;
    const { logits: final, kept } = await watch(model, ids, { keep: [last] });
    expect(await readOut(model, kept(last).values, layers.length)).toEqual(logits);
    expect(final).toEqual(logits.subarray(-vocabSize));
    const seen = await lens(model, ids);
    const [count = 0, positions = 0, top = 0] = seen.topIds.shape;
    expect([count, positions]).toEqual([layers.length + 1, ids.length]);
    for (const [i] of ids.entries()) {
      const said = new Distribution(logits.subarray(i * vocabSize, (i + 1) * vocabSize));
      const cell = (layers.length * positions + i) * top;
      const topIds = said.top(top);
      expect([...seen.topIds.values.subarray(cell, cell + top)]).toEqual(topIds);
      // The kernel takes the logarithm of the sum in float32.
      expectClose(
        "probabilities",
        seen.topProbabilities.values.subarray(cell, cell + top),
        topIds.map((id) => said.probability(id)),
        4e-6,
      );
    }
    expect(part(seen.divergence, layers.length).values).toEqual(new Float32Array(positions));

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
      expect(Math.abs(sum - logit), `${sum} and ${logit}`).toBeLessThan(1e-4);
    }
    const found = await gradients(model, ids, { token: seen.topIds.values[0] as number });
    expect(found.saliency.values.some((value) => value > 0)).toBe(true);
  });
});
