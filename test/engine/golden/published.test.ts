import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWithShared, shared } from "../../shared.ts";
import { greedy, load } from "./models.ts";

describeWithShared("tiny-random-gpt2", () => {
  it("gives the published greedy ids", async () => {
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
