/**
 * Writes weights in NF4 as bitsandbytes stores them (bitsandbytes.ts): blocks of 64 elements of the flat tensor,
 * each with the nearest level to x / max |x|. Double quantization: the scales, less their mean, are codes of 8
 * bits in blocks of 256 (Dettmers et al. 2023, section 3).
 */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { NF4 } from "./bitsandbytes.ts";
import { elementCount } from "./layout.ts";
import type { TensorToWrite } from "./tensor-to-write.ts";

const BLOCK = 64;
const NESTED_BLOCK = 256;
/** The JSON of a state, with spaces behind it: its length is in the head of the file, before the scales. */
const STATE_BYTES = 256;
const { fround } = Math;

/** Halfway between neighbours. A number on a bound takes the lower level. */
const boundsOf = (levels: Float32Array): Float32Array =>
  Float32Array.from(levels.subarray(1), (level, i) => fround((levels[i] ?? 0) + level) / 2);

const NF4_BOUNDS = boundsOf(NF4);

/**
 * Signed numbers with a moving exponent (Dettmers 2016): in each of seven decades the middles of 2^i equal
 * parts of [0.1, 1], with both signs, and 0 and 1.
 */
const DYNAMIC = dynamicLevels();
const DYNAMIC_BOUNDS = boundsOf(DYNAMIC);

function dynamicLevels(): Float32Array {
  const levels = [0, 1];
  for (let i = 0; i < 7; i++) {
    const parts = 2 ** i;
    const bound = (j: number) => 0.1 + (0.9 * j) / parts;
    for (let j = 0; j < parts; j++) {
      const level = (10 ** (i - 6) * (bound(j) + bound(j + 1))) / 2;
      levels.push(level, -level);
    }
  }
  return Float32Array.from(levels).sort();
}

/** Number of the level nearest to x: the bounds below x. */
function nearest(bounds: Float32Array, x: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x > (bounds[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const largest = (values: Float32Array): number => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

/** Codes of blocks of a tensor, two in a byte, the first in the upper half. Appends the scale of each block. */
function encodeBlocks(values: Float32Array, scales: number[]): Uint8Array<ArrayBuffer> {
  const codes = new Uint8Array(Math.ceil(values.length / 2));
  for (let first = 0; first < values.length; first += BLOCK) {
    const block = values.subarray(first, first + BLOCK);
    const scale = largest(block);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    scales.push(scale);
    for (let i = 0; i < block.length; i++) {
      const code = nearest(NF4_BOUNDS, fround((block[i] as number) * inverse));
      const at = (first + i) >> 1;
      codes[at] = (codes[at] as number) | (i % 2 === 0 ? code << 4 : code);
    }
  }
  return codes;
}

/** Scales in 8 bits, with a scale of their own for each block. */
interface NestedScales {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly offset: number;
}

function nest(scales: readonly number[]): NestedScales {
  const offset = fround(scales.reduce((sum, scale) => sum + scale, 0) / scales.length);
  const rest = Float32Array.from(scales, (scale) => scale - offset);
  const own = new Float32Array(Math.ceil(rest.length / NESTED_BLOCK));
  const codes = new Uint8Array(rest.length);
  for (let i = 0; i < own.length; i++) {
    const block = rest.subarray(i * NESTED_BLOCK, (i + 1) * NESTED_BLOCK);
    const scale = largest(block);
    own[i] = scale;
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    codes.set(
      [...block].map((value) => nearest(DYNAMIC_BOUNDS, fround(value * inverse))),
      i * NESTED_BLOCK,
    );
  }
  return { codes, scales: own, offset };
}

/**
 * The tensors that store a weight in NF4. They must be written in this order.
 *
 * @param weight in F32, [outputs, inputs]
 * @param dtype of the numbers that bitsandbytes makes of them
 * @throws GptError `invalid-file`, once it is sent, for a number that is not finite
 */
export function asNormalFloats(
  { name, shape, send }: TensorToWrite,
  dtype: "float32" | "float16" | "bfloat16",
): TensorToWrite[] {
  const count = elementCount(shape) ?? Number.NaN;
  const blocks = Math.ceil(count / BLOCK);
  const scales: number[] = [];
  let nested: NestedScales | undefined;
  const tensor = (part: string, type: "U8" | "F32", elements: number, bytes: () => Uint8Array) => ({
    name: name + part,
    dtype: type,
    shape: [elements],
    send: (write: (bytes: Uint8Array) => Promise<void>) => write(bytes()),
  });
  const codes: TensorToWrite = {
    name,
    dtype: "U8",
    shape: [Math.ceil(count / 2), 1],
    send: async (write) => {
      await inBlocks(send, async (values) => {
        const bytes = encodeBlocks(values, scales);
        if (!Number.isFinite(scales.reduce((sum, scale) => sum + scale, 0))) throw cannotHold(name);
        await write(bytes);
      });
      nested = nest(scales);
    },
  };
  const made = (): NestedScales => {
    if (nested === undefined) throw new Error("scales are written before their codes");
    return nested;
  };
  const state = () => {
    const sizes = { blocksize: BLOCK, dtype, shape, nested_blocksize: NESTED_BLOCK, nested_dtype: "float32" };
    const json = JSON.stringify({ quant_type: "nf4", ...sizes, nested_offset: made().offset });
    return Buffer.from(json.padEnd(STATE_BYTES));
  };
  return [
    codes,
    tensor(".absmax", "U8", blocks, () => made().codes),
    tensor(".nested_absmax", "F32", Math.ceil(blocks / NESTED_BLOCK), () => bytesOf(made().scales)),
    tensor(".nested_quant_map", "F32", DYNAMIC.length, () => bytesOf(DYNAMIC)),
    tensor(".quant_map", "F32", NF4.length, () => bytesOf(NF4)),
    tensor(".quant_state.bitsandbytes__nf4", "U8", STATE_BYTES, state),
  ];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Calls with the numbers that are sent, in whole blocks but for the last. */
async function inBlocks(
  send: TensorToWrite["send"],
  take: (values: Float32Array) => Promise<void>,
): Promise<void> {
  let rest = new Float32Array();
  await send(async (bytes) => {
    const values = new Float32Array(rest.length + bytes.length / 4);
    values.set(rest);
    new Uint8Array(values.buffer).set(bytes, 4 * rest.length);
    const whole = values.length - (values.length % BLOCK);
    rest = values.slice(whole);
    if (whole > 0) await take(values.subarray(0, whole));
  });
  if (rest.length > 0) await take(rest);
}

const cannotHold = (name: string) =>
  new GptError(
    "invalid-file",
    `tensor ${quote(name)} has a number that NF4 cannot hold (NaN or infinite): fetch the model again`,
  );
