import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Observer } from "../../src/compute/ops/observing-ops.ts";
import type { Model } from "../../src/engine/model.ts";
import { describeWithShared } from "../shared.ts";
import { load } from "./golden/models.ts";
import { casesOf, pathOf } from "./golden/table.ts";

const ids = casesOf("gpt2").at(-1)?.prompt ?? [];
const long = Array.from({ length: 60 }, (_, i) => (i * 7) % 200);

/** Keeps the rows of what it sees. */
function notes(replace: (name: string, values: Float32Array) => Float32Array | undefined = () => undefined) {
  const seen = new Map<string, number[]>();
  const observer: Observer = {
    wants: () => true,
    see(name, _shape, values) {
      const before = seen.get(name) ?? [];
      for (const value of values) before.push(value);
      seen.set(name, before);
      return replace(name, values);
    },
  };
  return { seen, observer };
}

describeWithShared("an observed append", () => {
  let model: Model;
  beforeAll(async () => {
    model = await load(pathOf("gpt2"), { simd: "plain", threads: 1 });
  });
  afterAll(() => model.close());

  it("has the same logits as others, beside others, and shows rows in their order", async () => {
    const { seen, observer } = notes();
    const own = model.createSession();
    const [observed, plain] = await Promise.all([
      own.observe(long, observer, { every: true }),
      model.createSession().append(long, { every: true }),
    ]);
    expect(observed).toEqual(plain);
    expect(seen.get("head")).toEqual([...plain]);
    expect(own.ids).toEqual(long);
    const { nEmbd, layers } = model.config;
    const length = long.length * nEmbd;
    for (const name of [
      "hidden.0",
      `hidden.${layers.length}`,
      "blocks.1.attention.added",
      "blocks.1.mlp.added",
    ]) {
      expect(seen.get(name), name).toHaveLength(length);
    }
    // hidden.2 = hidden.1 + attention + MLP
    const sum = (...names: string[]) =>
      (seen.get(names[0] as string) ?? []).map((_, i) => {
        let total = 0;
        for (const name of names) total = Math.fround(total + (seen.get(name)?.[i] ?? Number.NaN));
        return total;
      });
    expect(sum("hidden.1", "blocks.1.attention.added", "blocks.1.mlp.added")).toEqual(seen.get("hidden.2"));
    expect(seen.get("final_norm.input")).toEqual(seen.get(`hidden.${layers.length}`));
    expect(seen.get("blocks.0.attention.output.input")).toEqual(seen.get("blocks.0.attention.mixed"));
  });

  it("goes on with what replaces a result", async () => {
    const { observer } = notes((name, values) => (name === "hidden.1" ? values.map(() => 0) : undefined));
    const plain = await model.createSession().append(ids);
    const changed = await model.createSession().observe(ids, observer);
    expect(changed).not.toEqual(plain);
    expect(await model.createSession().append(ids)).toEqual(plain);
  });

  describe("and derivatives", () => {
    it("are those of differences", async () => {
      const gradients = new Map<string, Float32Array>();
      let hidden = new Float32Array();
      const names = ["hidden.0", "hidden.2", "blocks.1.attention.output.input"];
      const { vocabSize } = model.config;
      await model.differentiate({
        ids,
        from: ids.length - 1,
        score(logits) {
          logits.fill(0);
          logits[5] = 1;
        },
        observer: {
          wants: (name) => name === "hidden.0",
          see(_name, _shape, values) {
            hidden = values as Float32Array<ArrayBuffer>;
            return undefined;
          },
          wantsGradient: (name) => names.includes(name),
          seeGradient: (name, gradient) => void gradients.set(name, gradient),
        },
      });
      expect([...gradients.keys()].toSorted()).toEqual(names.toSorted());
      const logitAt = async (index: number, step: number) => {
        const { observer } = notes((name, values) => {
          if (name !== "hidden.0") return undefined;
          const moved = values.slice();
          moved[index] = (hidden[index] as number) + step;
          return moved;
        });
        return (await model.createSession().observe(ids, observer)).at(5 - vocabSize) as number;
      };
      for (const index of [0, 7, hidden.length - 3]) {
        const difference = ((await logitAt(index, 0.01)) - (await logitAt(index, -0.01))) / 0.02;
        expect(gradients.get("hidden.0")?.[index]).toBeCloseTo(difference, 2);
      }
    });

    it("are refused for weights of other types", async () => {
      await using halves = await load(pathOf("gpt2"), { simd: "plain", threads: 1, quantization: "q8_0" });
      const observer = {
        wants: () => false,
        see: () => undefined,
        wantsGradient: () => true,
        seeGradient() {},
      };
      const work = { ids, from: 0, score() {}, observer };
      expect(() => halves.differentiate(work)).toThrow("gradients need F32 weights");
    });
  });
});
