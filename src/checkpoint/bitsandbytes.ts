/**
 * Weights of 4 bits as bitsandbytes stores them (NF4 of QLoRA, Dettmers et al. 2023, section 3; FP4). NAME is
 * the codes, two in a byte, the first in the upper half. Beside it lie NAME.quant_map, the 16 levels, and
 * NAME.absmax, the scale of each block of the flat tensor [outputs, inputs]. A weight is level * scale.
 *
 * With double quantization absmax are codes of 8 bits: scale = level * nested scale + offset, with the levels
 * NAME.nested_quant_map and a nested scale for each block of codes. NAME.quant_state.bitsandbytes__nf4 is JSON
 * with the shape, the sizes of the blocks and the offset.
 *
 * Such tensors are listed and read as F32, with the numbers that bitsandbytes computes.
 */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";
import { floats, type Read } from "./coded.ts";
import { elementCount } from "./layout.ts";
import type { TensorReader } from "./reader.ts";

const STATE = /^(.+)\.quant_state\.bitsandbytes__(?:nf4|fp4)$/;
const PARTS = ["absmax", "quant_map", "nested_absmax", "nested_quant_map"];
/** The levels of NF4: quantiles of a normal distribution (Dettmers et al. 2023, appendix E). */
export const NF4 = Float32Array.of(
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635],
  ...[-0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725],
  ...[0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941],
  ...[0.7229568362236023, 1],
);
/** The JSON of a state takes about 170 bytes. */
const MAX_STATE_BYTES = 4096;
const MAX_BLOCK = 1 << 16;

/**
 * The tensors, with those of each coded weight joined.
 *
 * @throws GptError `invalid-file` if they do not fit each other
 */
export async function joinCoded(
  tensors: ReadonlyMap<string, StoredTensor>,
  reader: TensorReader,
): Promise<ReadonlyMap<string, StoredTensor>> {
  const joined = new Map(tensors);
  for (const state of tensors.values()) {
    const [, name] = STATE.exec(state.name) ?? [];
    if (name === undefined) continue;
    joined.delete(state.name);
    for (const part of PARTS) joined.delete(`${name}.${part}`);
    joined.set(name, await join(name, tensors, state, reader));
  }
  return joined;
}

async function join(
  name: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  state: StoredTensor,
  reader: TensorReader,
): Promise<StoredTensor> {
  const fail = (problem: string) =>
    new GptError("invalid-file", `${state.file}: tensor ${quote(name)} ${problem}`);
  const fields = await readState(state, reader);
  const { shape, blocksize: block, nested_blocksize: nestedBlock, nested_offset: offset } = fields;
  if (!isShape(shape)) throw fail(`has the quant_state shape ${quote(shape)}, expected a list of sizes`);
  const count = elementCount(shape);
  if (count === undefined || count === 0) throw fail(`has the quant_state shape ${quote(shape)}`);
  if (!isBlock(block)) throw fail(`has the blocksize ${quote(block)}, expected 1 to ${MAX_BLOCK}`);

  const part = (own: string, dtype: string, elements: number): StoredTensor => {
    const found = tensors.get(own);
    if (found === undefined) throw fail(`needs ${quote(own)}, which is missing`);
    if (found.dtype === dtype && elementCount(found.shape) === elements) return found;
    const problem = `is ${found.dtype} ${quote(found.shape)}, expected ${elements} of ${dtype}`;
    throw new GptError("invalid-file", `${found.file}: tensor ${quote(own)} ${problem}`);
  };
  const read: Read = (tensor, begin, target) => reader.read(tensor, begin, target);
  const levels = (own: string, elements: number) => floats(read, part(own, "F32", elements), 0, elements);
  const blocks = Math.ceil(count / block);
  const map = await levels(`${name}.quant_map`, 16);
  const coded = {
    codes: part(name, "U8", Math.ceil(count / 2)),
    type: map.every((level, i) => level === NF4[i]) ? ("nf4" as const) : ("other" as const),
    levels: map,
    block,
  };
  const whole = { name, dtype: "F32", shape, file: state.file, offset: 0, byteLength: 4 * count };
  if (tensors.get(`${name}.absmax`)?.dtype !== "U8") {
    return { ...whole, coded: { ...coded, scales: part(`${name}.absmax`, "F32", blocks) } };
  }
  if (!isBlock(nestedBlock) || typeof offset !== "number")
    throw fail("has no nested_blocksize or nested_offset in its quant_state");
  const nested = {
    levels: await levels(`${name}.nested_quant_map`, 256),
    block: nestedBlock,
    scales: part(`${name}.nested_absmax`, "F32", Math.ceil(blocks / nestedBlock)),
    offset,
  };
  return { ...whole, coded: { ...coded, scales: part(`${name}.absmax`, "U8", blocks), nested } };
}

async function readState(state: StoredTensor, reader: TensorReader): Promise<JsonObject> {
  const fail = () =>
    new GptError("invalid-file", `${state.file}: tensor ${quote(state.name)} is no JSON object in U8`);
  if (state.dtype !== "U8" || state.byteLength > MAX_STATE_BYTES) throw fail();
  const bytes = new Uint8Array(state.byteLength);
  await reader.read(state, 0, bytes);
  try {
    const fields = JSON.parse(new TextDecoder().decode(bytes));
    if (isJsonObject(fields)) return fields;
  } catch {
    // the error below names the tensor
  }
  throw fail();
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size > 0);

const isBlock = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_BLOCK;
