import { describe, expect, it } from "vitest";
import {
  addBias,
  forbidRepeatedNgrams,
  type LogitEdit,
  penalize,
} from "../../../src/generate/sampling/penalties.ts";
import { TestRandom } from "../../reference/random.ts";

const off = { repeatPenalty: 1, repeatLastN: 64, presencePenalty: 0, frequencyPenalty: 0 };

function edited(edit: LogitEdit, logits: readonly number[], history: readonly number[]): number[] {
  const copy = Float32Array.from(logits);
  edit(copy, history);
  return [...copy];
}

describe("addBias", () => {
  it("adds to the logits named, and bans with -Infinity", () => {
    const bias = addBias(
      new Map([
        [0, 2],
        [2, -Infinity],
      ]),
    );
    expect(edited(bias, [1, 1, 1], [])).toEqual([3, 1, -Infinity]);
  });
});

describe("penalize", () => {
  it("divides logits above zero and multiplies the others, once however often a token occurred", () => {
    const edit = penalize({ ...off, repeatPenalty: 2 });
    expect(edited(edit, [4, -4, 4, 0], [0, 1, 0, 3])).toEqual([2, -8, 4, 0]);
  });

  it("subtracts presence once and frequency for each occurrence, after the division", () => {
    const edit = penalize({ ...off, repeatPenalty: 2, presencePenalty: 1, frequencyPenalty: 0.25 });
    expect(edited(edit, [4, 4, 4], [0, 1, 1, 1])).toEqual([2 - 1.25, 2 - 1.75, 4]);
  });

  it("looks at the last N tokens; -1 is all of them", () => {
    const history = [0, 1, 2, 3];
    const penalized = (repeatLastN: number) =>
      edited(penalize({ ...off, repeatPenalty: 2, repeatLastN }), [8, 8, 8, 8], history);
    expect(penalized(2)).toEqual([8, 8, 4, 4]);
    expect(penalized(64)).toEqual([4, 4, 4, 4]);
    expect(penalized(-1)).toEqual([4, 4, 4, 4]);
  });

  it("leaves banned tokens banned", () => {
    const edit = penalize({ ...off, repeatPenalty: 2, presencePenalty: -3 });
    expect(edited(edit, [-Infinity, 1], [0])).toEqual([-Infinity, 1]);
  });
});

describe("forbidRepeatedNgrams", () => {
  /** By the definition: a token is banned if the history with it ends in an n-gram that occurs earlier. */
  function banned(size: number, vocabulary: number, history: readonly number[]): number[] {
    const grams = new Set<string>();
    for (let at = 0; at + size <= history.length; at++) grams.add(history.slice(at, at + size).join());
    return Array.from({ length: vocabulary }, (_, id) => id).filter((id) =>
      grams.has([...history, id].slice(-size).join()),
    );
  }

  it.each([1, 2, 3, 5])("bans exactly what would repeat one of %i tokens", (size) => {
    const random = new TestRandom(size);
    let some = 0;
    for (let length = 0; length < 60; length++) {
      const history = Array.from({ length }, () => random.integer(3));
      const logits = edited(forbidRepeatedNgrams(size), [0, 0, 0], history);
      const ours = [0, 1, 2].filter((id) => logits[id] === -Infinity);
      expect(ours).toEqual(banned(size, 3, history));
      some += ours.length;
    }
    expect(some).toBeGreaterThan(10);
  });

  it("sees n-grams that overlap themselves", () => {
    expect(edited(forbidRepeatedNgrams(3), [0, 0], [1, 1, 1])).toEqual([0, -Infinity]);
  });
});
