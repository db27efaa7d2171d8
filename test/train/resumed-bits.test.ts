import { expect, it } from "vitest";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { describeWithShared, shared } from "../shared.ts";
import { shortRuns } from "./short-run.ts";

const { file, weightsOf } = shortRuns();
const ids = [5, 9, 17, 3, 30, 11, 2, 8];

describeWithShared("a resumed run gives the same bits", () => {
  it.each([
    ["qwen3_5_text", "logarithms of decay rates"],
    ["gemma", "norms less 1"],
  ])("%s: its file holds %s", async (name) => {
    const settings = { model: shared(`models/golden/${name}`), threads: 1, steps: 4, lr: 1e-2 };
    await using straight = await createTrainer(settings);
    await using before = await createTrainer(settings);
    for (let i = 0; i < 4; i++) await straight.step([ids]);
    for (let i = 0; i < 2; i++) await before.step([ids]);
    await straight.save(file(name));
    await before.save(file(`${name}-resumed`));
    await using after = await createTrainer({ model: file(`${name}-resumed`), resume: true, threads: 1 });
    for (let i = 0; i < 2; i++) await after.step([ids]);
    await after.save(file(`${name}-resumed`));
    expect(weightsOf(`${name}-resumed`).equals(weightsOf(name))).toBe(true);
  });
});
