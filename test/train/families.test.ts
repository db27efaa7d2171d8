import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { mergeAdapters } from "../../src/convert/merge-adapters.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { gradientDifferences } from "./golden-gradient.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);

/** What the error of each family says that cannot be trained. */
const REFUSED: Readonly<Record<string, string>> = {
  deepseek_v2: "has latent attention",
  "deepseek_v2-yarn": "has latent attention",
  deepseek_v3: "has latent attention",
  glm4_moe_lite: "has latent attention",
  gemma3n: "has parallel residual streams",
  gemma3n_text: "has parallel residual streams",
  gemma4: "has inputs or factors of layers",
  "gemma4-dense": "has inputs or factors of layers",
  "gemma4-moe": "has inputs or factors of layers",
  "gemma4-v5": "has inputs or factors of layers",
  granitemoehybrid: "has recurrent layers",
  "granitemoehybrid-moe": "has recurrent layers",
  lfm2: "has recurrent layers",
  lfm2_moe: "has recurrent layers",
  qwen3_5: "has recurrent layers",
  qwen3_5_moe: "has recurrent layers",
  qwen3_5_text: "has recurrent layers",
  qwen3_next: "has recurrent layers",
  phimoe: "has the sparse mixer",
};

const NO_DECODERS = /^(alignment|look|training|bart|t5.*|.*bert.*)$/;

const ids = [5, 9, 17, 3, 30, 11, 2, 8];
const settings = { threads: 1, steps: 10, schedule: "constant", weightDecay: 0 } as const;

describeWithShared("families in training", () => {
  const families = readdirSync(golden("")).filter((name) => !NO_DECODERS.test(name));

  it.each(families.filter((name) => REFUSED[name] === undefined))(
    "%s learns with all weights and with an adapter, which is merged",
    async (name) => {
      const model = golden(name);
      const sequences = [{ inputs: ids.slice(0, -1), targets: ids.slice(1) }];
      const chosen = (weight: string) => /blocks\.1\.|router\.|shared|sinks/.test(weight);
      for (const { name: weight, error } of await gradientDifferences(model, sequences, chosen)) {
        expect(error, weight).toBeLessThan(0.03);
      }
      await using full = await createTrainer({ model, ...settings, lr: 1e-3 });
      const { loss } = await full.evaluate([ids]);
      await full.step([ids]);
      expect((await full.evaluate([ids])).loss).toBeLessThan(loss);
      await full.save(file(`${name}-full`));

      await using lora = await createTrainer({
        model,
        ...settings,
        lr: 1e-2,
        trained: { kind: "adapter", rank: 2 },
      });
      await lora.step([ids]);
      const adapted = await lora.evaluate([ids]);
      expect(adapted.loss).toBeLessThan(loss);
      await lora.save(file(name));
      await mergeAdapters(model, [{ path: file(name) }], file(`${name}-merged`));
      await using merged = await createTrainer({ model: file(`${name}-merged`), ...settings });
      expect((await merged.evaluate([ids])).loss).toBeCloseTo(adapted.loss, 4);
    },
  );

  it.each(Object.entries(REFUSED))("%s is refused", async (name, words) => {
    const error = await rejectionOf(createTrainer({ model: golden(name), ...settings }));
    expect(error.message).toContain(words);
  });
});
