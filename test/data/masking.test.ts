import { describe, expect, it } from "vitest";
import { maskWindow } from "../../src/data/masking.ts";
import { IGNORED_LABEL } from "../../src/data/windows.ts";

const masking = { maskId: 3, vocabSize: 1000, isSpecial: (id: number) => id < 5 };
const windowOf = (ids: number[]) => ({ ids, labels: [...ids] });
const long = windowOf(Array.from({ length: 20_000 }, (_, i) => (i % 10 === 0 ? i % 5 : 5 + (i % 995))));

describe("maskWindow", () => {
  it("predicts 15% of the tokens: 80% masked, 10% replaced, 10% kept", () => {
    const { ids, labels } = maskWindow(long, masking, 1, 0);
    const predicted = labels.flatMap((label, place) => (label === IGNORED_LABEL ? [] : [place]));
    const open = long.ids.filter((id) => id >= 5).length;
    const masked = predicted.filter((place) => ids[place] === 3).length;
    const kept = predicted.filter((place) => ids[place] === long.ids[place]).length;
    expect(predicted.length / open).toBeCloseTo(0.15, 2);
    expect(masked / predicted.length).toBeCloseTo(0.8, 1);
    expect(kept / predicted.length).toBeCloseTo(0.1, 1);
    expect(predicted.every((place) => labels[place] === long.ids[place])).toBe(true);
  });

  it("changes no token that it does not predict, and never a special one", () => {
    const { ids, labels } = maskWindow(long, masking, 1, 0);
    const others = long.ids.filter((id, place) => labels[place] === IGNORED_LABEL && ids[place] !== id);
    const special = long.ids.filter((id, place) => id < 5 && labels[place] !== IGNORED_LABEL);
    expect([others, special]).toEqual([[], []]);
  });

  it("is a function of the seed and the number", () => {
    const first = maskWindow(long, masking, 1, 7);
    expect(maskWindow(long, masking, 1, 7)).toEqual(first);
    expect(maskWindow(long, masking, 1, 8)).not.toEqual(first);
    expect(maskWindow(long, masking, 2, 7)).not.toEqual(first);
  });

  it("predicts at least one token, if any can be", () => {
    for (let number = 0; number < 50; number++) {
      expect(maskWindow(windowOf([2, 40, 4]), masking, 1, number).labels).toEqual([-100, 40, -100]);
    }
    expect(maskWindow(windowOf([2, 4]), masking, 1, 0)).toEqual({ ids: [2, 4], labels: [-100, -100] });
    expect(maskWindow({ ids: [40, 50], labels: [-100, 50] }, masking, 1, 0).labels).toEqual([-100, 50]);
  });
});
