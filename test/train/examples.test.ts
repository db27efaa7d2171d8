import { describe, expect, it } from "vitest";
import { NO_TARGET } from "../../src/compute/kernels/table.ts";
import { countTargets, type Example, microBatches, toSequences } from "../../src/train/examples.ts";
import { language } from "../../src/train/objectives/language.ts";
import { tinyConfig } from "../fixtures/tiny-config.ts";

const sequences = (batch: readonly Example[]) => toSequences(batch, language.examples, tinyConfig(10), 4);

describe("examples", () => {
  it("are read up to the last id and predicted from the second", () => {
    expect(sequences([[1, 2, 3]])).toEqual([{ inputs: [1, 2], targets: [2, 3] }]);
  });

  it("predict only what has a label", () => {
    const [sequence] = sequences([{ ids: [1, 2, 3, 4], labels: [-100, -100, 3, 4] }]);
    expect(sequence).toEqual({ inputs: [1, 2, 3], targets: [NO_TARGET, 3, 4] });
    expect(countTargets(sequences([{ ids: [1, 2, 3, 4], labels: [1, 2, -100, 4] }]))).toBe(2);
  });

  it.each<[readonly Example[], string]>([
    [[], "a batch needs at least one example"],
    [[[1, 2], [3]], "batch[1]: 1 token ids: at least 2 are expected"],
    [[[1, 2, 3, 4, 5, 6]], "batch[0]: 6 token ids: this model takes at most 5"],
    [[[1, 10]], "batch[0]: token id 10: the vocabulary is 0 to 9"],
    [[[1, 0.5]], "batch[0]: token id 0.5"],
    [[{ ids: [1, 2], labels: [1] }], "batch[0]: 1 labels for 2 token ids"],
    [[{ ids: [1, 2], labels: [1, 3] }], "batch[0]: label 3: the id beside it or -100 is expected"],
  ])("%j is refused", (batch, message) => {
    expect(() => sequences(batch)).toThrow(message);
  });

  it("go through the model together while they have few enough tokens", () => {
    const lengths = [2, 3, 1, 4, 4, 1, 1];
    const all = lengths.map((length) => ({ inputs: Array<number>(length).fill(0), targets: [] }));
    const groups = microBatches(all, 5).map((group) => group.map(({ inputs }) => inputs.length));
    expect(groups).toEqual([[2, 3], [1, 4], [4, 1], [1]]);
    expect(microBatches(all, 1)).toHaveLength(7);
    expect(microBatches(all, 100)).toEqual([all]);
  });
});
