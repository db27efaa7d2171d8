import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  halfWindows,
  rollingWindows,
  slidingWindows,
  stridedWindows,
  type Window,
  wholeWindows,
} from "../../../src/evaluate/perplexity/windows.ts";
import { rolling, strided } from "../../reference/perplexity.ts";

const count = (length: number) => Array.from({ length }, (_, i) => i);
const predicted = ({ ids, scored }: Window) => ids.slice(ids.length - scored);

describe("windows of a text", () => {
  it("half: the second halves of whole windows, with the start token in place of the first", () => {
    expect(halfWindows(count(11), 5, 99)).toEqual([
      { ids: [99, 1, 2, 3, 4], scored: 2 },
      { ids: [99, 6, 7, 8, 9], scored: 2 },
    ]);
    expect(halfWindows(count(512), 512, undefined)).toEqual([{ ids: count(512), scored: 255 }]);
    expect(halfWindows(count(5), 2, undefined)).toEqual([]);
  });

  it("sliding: the last tokens of a window at every stride", () => {
    expect(slidingWindows(count(9), 4, 2).map(predicted)).toEqual([
      [2, 3],
      [4, 5],
      [6, 7],
    ]);
  });

  it("strided: what the page of Hugging Face predicts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 20 }),
        fc.nat(),
        (length, size, n) => {
          const stride = 1 + (n % size);
          const windows = stridedWindows(count(length), size, stride);
          const wanted = strided(length, size, stride).map(([begin = 0, end = 0, scored = 0]) => [
            begin,
            end,
            Math.min(scored, end - begin - 1),
          ]);
          const found = windows.map(({ ids, scored }) => [ids[0], (ids[0] ?? 0) + ids.length, scored]);
          expect(found).toEqual(wanted.filter(([, , scored = 0]) => scored > 0));
        },
      ),
    );
  });

  it("rolling: every token once, after the contexts of lm-evaluation-harness", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), (length, size) => {
        const windows = rollingWindows(count(length), size, 99);
        expect(windows.flatMap(predicted)).toEqual(count(length));
        const found = windows.map(({ ids, scored }) => [ids.length - scored, scored]);
        expect(found).toEqual(length < size ? [[1, length]] : rolling(length, size));
        expect(windows[0]?.ids[0]).toBe(99);
      }),
    );
  });

  it("whole: every window begins with the start tokens", () => {
    expect(wholeWindows(count(5), 3, [99])).toEqual([
      { ids: [99, 0, 1], scored: 2 },
      { ids: [99, 2, 3], scored: 2 },
      { ids: [99, 4], scored: 1 },
    ]);
    expect(wholeWindows(count(3), 2, [])).toEqual([{ ids: [0, 1], scored: 1 }]);
  });
});
