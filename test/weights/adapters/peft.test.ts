/**
 * Adapters made by PEFT 0.21 of small random models (test/fixtures/peft), and the logits that PEFT computes with
 * them in float64: DoRA and rsLoRA with trained biases; DoRA of all linear layers; ranks and alphas by pattern
 * with a head of its own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadModel } from "../../../src/library/load-model.ts";

const folder = join(import.meta.dirname, "../../fixtures/peft");
const { ids, logits }: { ids: number[]; logits: Record<string, number[]> } = JSON.parse(
  readFileSync(join(folder, "expected.json"), "utf8"),
);

it.each(Object.entries(logits))("%s gives the logits of PEFT", async (name, expected) => {
  const [base = ""] = name.split("-");
  await using model = await loadModel(join(folder, base), { adapters: [{ path: join(folder, name) }] });
  const found = await model.createSession().append(ids, { every: true });
  expect(found).toHaveLength(expected.length);
  const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - (found[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(2e-5);
});
