/** Kernels that bring stored weights into panels: a matrix of each kind, as at loading. */
import { encode } from "../checkpoint/encodings.ts";
import { BlockEncoder } from "../compute/packing/block-encoder.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import { matrixBytes, type WeightDtype } from "../compute/tensor.ts";
import { elementsOf, value } from "../reference/ggml-blocks.ts";
import { shape, WIDTH } from "./forward-kernels.ts";
import { type KernelCase, moving } from "./kernel-case.ts";
import { BLOCKS_OF, LAYOUTS } from "./quantized-kernels.ts";
import { storedRows, type Workbench } from "./workbench.ts";

const OUTPUTS = 256;
const ELEMENTS = OUTPUTS * WIDTH;

/** Stored weights, and the numbers they become. */
interface Weights {
  readonly bytes: Uint8Array;
  numbers(): number[];
}

/** The amount is the bytes of the file and of the panels. */
function packing(
  name: string,
  stored: StoredDtype,
  kept: WeightDtype,
  weightsOn: (bench: Workbench) => Weights,
): KernelCase {
  const amount = storedBytes(stored, ELEMENTS) + matrixBytes(OUTPUTS, WIDTH, kept);
  return moving(name, shape(OUTPUTS, WIDTH), "copy", amount, (bench) => {
    const { bytes, numbers } = weightsOn(bench);
    const source = bench.stored(bytes);
    const [matrix, rows] = [bench.unfilled(OUTPUTS, WIDTH, kept), storedRows(stored, OUTPUTS, WIDTH)];
    return {
      run({ panels }) {
        panels.write(matrix, rows, source);
        return matrix;
      },
      twin: () => [numbers()],
    };
  });
}

/** Numbers that all float types hold exactly. */
const floats = (bench: Workbench): Float32Array =>
  Float32Array.from(bench.random(OUTPUTS, WIDTH).flat(), (v) => Math.round(128 * v) / 128);

const kinds = [
  ["pack-f32", "F32", "f32"],
  ["pack-f16", "F16", "f16"],
  ["pack-bf16", "BF16", "bf16"],
] as const;

const packs = kinds.map(([name, stored, kept]) =>
  packing(name, stored, kept, (bench) => {
    const values = floats(bench);
    return { bytes: encode(stored, values), numbers: () => [...values] };
  }),
);

const quantizations = (["q8_0", "q4_0"] as const).map((layout) =>
  packing(`quantize-${layout}`, "F32", layout, (bench) => {
    const [values, type] = [floats(bench), BLOCKS_OF[layout]];
    const numbers = () => elementsOf(type, encode(type, values)).map(value);
    return { bytes: encode("F32", values), numbers };
  }),
);

const repacks = LAYOUTS.map((layout) =>
  packing(`repack-${layout}`, BLOCKS_OF[layout], layout, (bench) => {
    const bytes = bench.blocks(BLOCKS_OF[layout], ELEMENTS);
    return { bytes, numbers: () => elementsOf(BLOCKS_OF[layout], bytes).map(value) };
  }),
);

/** Floats into blocks, as `gpt quantize` writes them. The search for the scales takes the time. */
const encodings = (["Q4_0", "Q3_K", "Q4_K", "Q6_K", "IQ4_NL"] as const).map((type) =>
  moving(
    `encode-${type.toLowerCase()}`,
    shape(OUTPUTS, WIDTH),
    "copy",
    4 * ELEMENTS + storedBytes(type, ELEMENTS),
    (bench) => {
      const values = floats(bench);
      return {
        run({ runtime, threads }) {
          new BlockEncoder(runtime, threads).encode(type, values, WIDTH);
          return undefined;
        },
      };
    },
  ),
);

export const packingCases: readonly KernelCase[] = [...packs, ...quantizations, ...repacks, ...encodings];
