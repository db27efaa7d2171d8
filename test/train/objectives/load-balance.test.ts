import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

const file = temporaryFolder();
const batch = [
  [5, 9, 17, 3, 30, 11],
  [2, 8, 4, 40, 6],
];

/** A copy of a model whose config.json asks for the loss. */
function balanced(model: string, name: string, fields: object): string {
  cpSync(shared(`models/golden/${model}`), file(name), { recursive: true });
  const config = JSON.parse(readFileSync(file(name, "config.json"), "utf8"));
  writeFileSync(file(name, "config.json"), JSON.stringify({ ...config, ...fields }));
  return file(name);
}

describeWithShared("the load-balancing loss", () => {
  const stepOf = async (model: string, microBatchTokens = 1024) => {
    await using trainer = await createTrainer({ model, threads: 1, steps: 2, microBatchTokens });
    return trainer.step(batch);
  };

  it("changes the gradient as config.json asks, and not the loss that is told", async () => {
    const plain = await stepOf(shared("models/golden/mixtral"));
    const of = (name: string, fields: object) => stepOf(balanced("mixtral", name, fields));
    const asked = { output_router_logits: true, router_aux_loss_coef: 10 };
    const changed = await of("asked", asked);
    expect(changed.loss).toBe(plain.loss);
    expect(Math.abs(changed.gradNorm - plain.gradNorm)).toBeGreaterThan(1e-3);
    expect(await of("none", { ...asked, router_aux_loss_coef: 0 })).toEqual(plain);
    expect(await of("silent", { ...asked, output_router_logits: false })).toEqual(plain);
  });

  it("leaves routers with sigmoids alone", async () => {
    const fields = { output_router_logits: true, router_aux_loss_coef: 10 };
    expect(await stepOf(balanced("minimax_m2", "sigmoid", fields))).toEqual(
      await stepOf(shared("models/golden/minimax_m2")),
    );
  });
});
