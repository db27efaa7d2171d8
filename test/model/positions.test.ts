import { describe, expect, it } from "vitest";
import { rotaryAngles, rotaryFrequencies, rotaryMagnitude } from "../../src/model/attention/rotary.ts";
import { sinusoidalTable } from "../../src/model/positions.ts";

const close = (actual: number | undefined, expected: number, digits = 12) =>
  expect((actual ?? Number.NaN) / expected).toBeCloseTo(1, digits);

describe("rotary frequencies", () => {
  it("fall from 1 by a constant ratio to almost 1 / theta", () => {
    const frequencies = rotaryFrequencies(8, 10_000, { kind: "none" });
    expect(frequencies).toHaveLength(4);
    for (const [i, expected] of [1, 0.1, 0.01, 0.001].entries()) close(frequencies[i], expected);
  });

  it("are divided by the factor of linear scaling", () => {
    const frequencies = rotaryFrequencies(8, 10_000, { kind: "linear", factor: 4 });
    for (const [i, expected] of [0.25, 0.025, 0.0025, 0.00025].entries()) close(frequencies[i], expected);
  });

  it("are divided by divisors of their own", () => {
    const divisors = [1, 1.5, 4, 8];
    const frequencies = rotaryFrequencies(8, 10_000, { kind: "divisors", divisors });
    for (const [i, divisor] of divisors.entries()) close(frequencies[i], 10 ** -i / divisor);
  });

  /** By the formula of Meta's llama-models (`apply_scaling`), in doubles: pair, frequency. */
  it.each([
    {
      name: "Llama 3.1 8B",
      headDim: 128,
      factor: 8,
      expected: [
        [0, 1],
        [1, 0.8146172338565447],
        [28, 0.0032114459947525913],
        [29, 0.002166570763503359],
        [30, 0.0013718935677611381],
        [32, 0.0005248461609929547],
        [34, 0.00017850781276799638],
        [35, 0.00009556212353964683],
        [63, 3.068925988914511e-7],
      ],
    },
    {
      name: "Llama 3.2 1B",
      headDim: 64,
      factor: 32,
      expected: [
        [0, 1],
        [14, 0.0032114459947525913],
        [15, 0.001290547928209264],
        [16, 0.00042955679655936815],
        [17, 0.0000970828780262767],
        [18, 0.000019461638184831125],
        [31, 9.418306725434909e-8],
      ],
    },
  ] as const)("are those of $name", ({ headDim, factor, expected }) => {
    const scaling = {
      kind: "llama3",
      factor,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalPositions: 8192,
    } as const;
    const frequencies = rotaryFrequencies(headDim, 500_000, scaling);
    expect(frequencies).toHaveLength(headDim / 2);
    for (const [pair, frequency] of expected) close(frequencies[pair], frequency);
  });
});

describe("scalings of rotary frequencies", () => {
  it("YaRN keeps fast pairs, divides slow ones, and has a ramp between them", () => {
    const yarn = {
      kind: "yarn",
      factor: 4,
      originalPositions: 64,
      betaFast: 4,
      betaSlow: 1,
      magnitude: 1.1,
    } as const;
    const plain = rotaryFrequencies(16, 10_000, { kind: "none" });
    const shares = (truncate: boolean) =>
      rotaryFrequencies(16, 10_000, { ...yarn, truncate }).map((frequency, i) => {
        const kept = plain[i] ?? 0;
        return (kept - frequency) / (kept - kept / 4);
      });
    // pairs that turn 4 and 1 times in 64 positions: 16 ln(64 / (2 pi r)) / (2 ln 10000) = 0.8119 and 2.0160
    const [low, high] = [0.81188, 2.016];
    for (const [i, share] of shares(false).entries()) {
      expect(share).toBeCloseTo(Math.min(1, Math.max(0, (i - low) / (high - low))), 4);
    }
    for (const [i, share] of shares(true).entries()) expect(share).toBeCloseTo(Math.min(1, i / 3), 9);
    expect(rotaryMagnitude({ ...yarn, truncate: true })).toBe(1.1);
  });

  it("LongRoPE has a list of divisors up to the original length, and another beyond", () => {
    const longrope = {
      kind: "longrope",
      short: [1, 2],
      long: [3, 4],
      originalPositions: 16,
      magnitude: 1.2,
    } as const;
    const at = (length: number) => rotaryFrequencies(4, 100, longrope, length);
    expect([at(16), at(17)]).toEqual([
      [1, 0.1 / 2],
      [1 / 3, 0.1 / 4],
    ]);
  });

  it("dynamic scaling has a larger theta beyond the original length", () => {
    const dynamic = { kind: "dynamic", factor: 2, originalPositions: 16 } as const;
    const at = (length: number) => rotaryFrequencies(6, 100, dynamic, length);
    expect(at(16)).toEqual(rotaryFrequencies(6, 100, { kind: "none" }));
    expect(at(24)).toEqual(rotaryFrequencies(6, 100 * 2 ** 1.5, { kind: "none" }));
  });

  it("proportional scaling turns the first pairs only", () => {
    const found = rotaryFrequencies(8, 10_000, { kind: "proportional", part: 0.5 });
    for (const [i, expected] of [1, 0.1].entries()) close(found[i], expected);
    expect(found.slice(2)).toEqual([0, 0]);
  });
});

describe("rotary angles", () => {
  it("are position times frequency, row by row", () => {
    const { cos, sin } = rotaryAngles([1, 0.25], 3);
    const angles = [0, 0, 1, 0.25, 2, 0.5];
    expect(cos).toEqual(Float32Array.from(angles, Math.cos));
    expect(sin).toEqual(Float32Array.from(angles, Math.sin));
  });
});

describe("the sinusoidal table", () => {
  it("is the paper's: PE(pos, 2i) = sin(pos / 10000^(2i / d)), PE(pos, 2i + 1) = cos of the same", () => {
    const [positions, width] = [300, 6];
    const table = sinusoidalTable(positions, width);
    expect(table).toHaveLength(positions * width);
    for (const position of [0, 1, 2, 77, 299]) {
      const row = [0, 1, 2].flatMap((i) => {
        const angle = position / 10_000 ** ((2 * i) / width);
        return [Math.fround(Math.sin(angle)), Math.fround(Math.cos(angle))];
      });
      expect([...table.slice(position * width, (position + 1) * width)]).toEqual(row);
    }
  });

  it("has the numbers of two positions worked out by hand", () => {
    expect([...sinusoidalTable(2, 4)]).toEqual(
      [0, 1, 0, 1, 0.841471, 0.5403023, 0.0099998, 0.99995].map((v) => expect.closeTo(v, 6)),
    );
  });

  it("ends with a sine where the width is odd", () => {
    const [, , last] = sinusoidalTable(2, 3).slice(3);
    close(last, Math.sin(1 / 10_000 ** (2 / 3)), 6);
  });
});
