/** What brings stored weights into the panels that products read: a matrix of each kind, as it is loaded. */
import { encode } from "../checkpoint/encodings.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import { matrixBytes, type WeightDtype } from "../compute/tensor.ts";
import { elementsOf, value } from "../reference/quantized.ts";
import { shape, WIDTH } from "./forward-kernels.ts";
import { type KernelCase, moving } from "./kernel-case.ts";
import { BLOCKS_OF, FORMS } from "./quantized-kernels.ts";
import { storedRows, type Workbench } from "./workbench.ts";

const OUTPUTS = 256;
const ELEMENTS = OUTPUTS * WIDTH;

/** Weights as they are stored, and the numbers that they become. */
interface Weights {
  readonly bytes: Uint8Array;
  numbers(): number[];
}

/** Bytes are those of the file and of the panels. */
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

/** Numbers that all types of floats hold. */
const floats = (bench: Workbench): Float32Array =>
  Float32Array.from(bench.random(OUTPUTS, WIDTH).flat(), (v) => Math.round(128 * v) / 128);

const kinds = [
  ["pack-f32", "F32", "f32"],
  ["pack-f16", "F16", "f32"],
  ["pack-bf16", "BF16", "bf16"],
] as const;

const packs = kinds.map(([name, stored, kept]) =>
  packing(name, stored, kept, (bench) => {
    const values = floats(bench);
    return { bytes: encode(stored, values), numbers: () => [...values] };
  }),
);

const quantizations = (["q8", "q4"] as const).map((form) =>
  packing(`quantize-${form}`, "F32", form, (bench) => {
    const [values, type] = [floats(bench), BLOCKS_OF[form]];
    const numbers = () => elementsOf(type, encode(type, values)).map(value);
    return { bytes: encode("F32", values), numbers };
  }),
);

const repacks = FORMS.map((form) =>
  packing(`repack-${form}`, BLOCKS_OF[form], form, (bench) => {
    const bytes = bench.blocks(BLOCKS_OF[form], ELEMENTS);
    return { bytes, numbers: () => elementsOf(BLOCKS_OF[form], bytes).map(value) };
  }),
);

export const packingCases: readonly KernelCase[] = [...packs, ...quantizations, ...repacks];
