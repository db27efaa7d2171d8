import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import type { ModelOptions } from "../../src/engine/model.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { builds } from "../compute/laboratory.ts";
import { describeWithShared, shared } from "../shared.ts";

interface Case {
  readonly prompt: number[];
  readonly greedy: number[];
  readonly logits: number[][];
}

async function load(path: string, options: ModelOptions): Promise<Model> {
  const checkpoint = await openCheckpoint(path);
  return Model.load(checkpoint, await parseModel(checkpoint), options);
}

const argmax = (logits: Float32Array) => logits.indexOf(Math.max(...logits));

async function greedy(model: Model, prompt: number[], count: number): Promise<number[]> {
  const session = model.createSession();
  const ids: number[] = [];
  let next = prompt;
  while (ids.length < count) {
    ids.push(argmax(await session.append(next)));
    next = ids.slice(-1);
  }
  await session.close();
  return ids;
}

describeWithShared("golden checkpoints", () => {
  for (const simd of builds) {
    it.each(["gpt2", "openai-gpt", "llama", "qwen2", "olmo2"])(
      `${simd}: %s gives the reference's logits and greedy ids`,
      async (family) => {
        const model = await load(shared(`models/golden/${family}`), { simd, threads: 2 });
        const { cases } = JSON.parse(
          readFileSync(shared(`models/golden/${family}/expected.json`), "utf8"),
        ) as { cases: Case[] };
        for (const { prompt, greedy: expected, logits } of cases) {
          const session = model.createSession();
          const all = await session.append(prompt, { every: true });
          await session.close();
          const errors = logits.flat().map((value, i) => Math.abs((all[i] ?? Number.NaN) - value));
          expect(all.length).toBe(logits.flat().length);
          expect(Math.max(...errors)).toBeLessThan(2e-5);
          expect(await greedy(model, prompt, expected.length)).toEqual(expected);
        }
        await model.close();
      },
    );
  }

  it("tiny-random-gpt2 gives the published greedy ids", async () => {
    const model = await load(shared("models/tiny-random-gpt2"), { simd: "plain", threads: 1 });
    const { cases } = JSON.parse(readFileSync(shared("models/tiny-random-gpt2/expected.json"), "utf8")) as {
      cases: { prompt: number[]; greedy_expected: number[] }[];
    };
    for (const { prompt, greedy_expected } of cases) {
      const expected = greedy_expected.slice(prompt.length);
      expect(await greedy(model, prompt, expected.length)).toEqual(expected);
    }
    await model.close();
  });
});
