import { describe, expect, it } from "vitest";
import { IGNORED_LABEL, sampleWindows, sequentialWindows, windowsPerEpoch } from "../../src/data/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { collect, jsonLines, sourceOf } from "./sources.ts";
import { stories, storyFolder } from "./story-folder.ts";

const { prepared } = storyFolder();

describe("windows", () => {
  const sources = [jsonLines(...stories.map((completion, i) => ({ prompt: `Number ${i}? `, completion })))];

  it("of a step are the same each time, and label learned tokens", async () => {
    await prepared({ sources }, async ({ train }) => {
      const sampling = { seed: 5, step: 3, batch: 4, context: 16 };
      const windows = await sampleWindows(train, sampling);
      expect(await sampleWindows(train, sampling)).toEqual(windows);
      expect(await sampleWindows(train, { ...sampling, step: 4 })).not.toEqual(windows);
      for (const { ids, labels } of windows) {
        expect([ids.length, labels.length]).toEqual([17, 17]);
        for (const [place, label] of labels.entries()) expect([ids[place], IGNORED_LABEL]).toContain(label);
      }
      expect(windows.some(({ labels }) => labels.includes(IGNORED_LABEL))).toBe(true);
    });
  });

  it("of an epoch hold every token once, whatever the batch", async () => {
    await prepared({ sources }, async ({ train }) => {
      const count = windowsPerEpoch(train, 16);
      const epoch = async (batch: number, steps: number) => {
        const all = [];
        for (let step = 0; step < steps; step++) {
          all.push(...(await sampleWindows(train, { seed: 1, step, batch, context: 16 })));
        }
        return all.slice(0, count).map(({ ids }) => ids.join());
      };
      const windows = await epoch(1, count);
      expect(new Set(windows).size).toBe(count);
      expect(await epoch(8, Math.ceil(count / 8))).toEqual(windows);
    });
  });

  it("in their order have every learned token as a target once", async () => {
    await prepared({ sources }, async ({ train }) => {
      const windows = await collect(sequentialWindows(train, 100));
      const targets = windows.flatMap(({ labels }) => labels.slice(1).filter((id) => id !== IGNORED_LABEL));
      const { ids, learned } = await train.read(0, train.length);
      expect(targets).toEqual([...ids].filter((_, place) => place > 0 && learned[place]));
      for (const { ids } of windows) expect(ids.length).toBe(101);
    });
  });

  it("need enough tokens: the error has both numbers", async () => {
    await prepared({ sources: [sourceOf("cat", { format: "text" })] }, async ({ train }) => {
      const error = await rejectionOf(sampleWindows(train, { seed: 1, step: 0, batch: 1, context: 256 }));
      expect(error.code).toBe("invalid-file");
      expect(error.message).toMatch(
        new RegExp(`train.tokens: ${train.length} tokens make no window of 256 and one`),
      );
    });
  });
});
