/**
 * Rows grouped by expert, so that the matrix of an expert is read once for all its rows.
 *
 * A slot is one chosen expert of one row: slot row * active + i. Slots in the order of their experts, and of
 * their numbers within an expert, are the grouped rows.
 */
import { Transcendental } from "../activation/transcendental";
import { madd } from "../simd";

/** Bytes of a group. */
export const GROUP_RECORD: usize = 12;

/** The rows of one expert. */
@unmanaged
export class Group {
  expert!: u32;
  /** Its first grouped row. */
  first!: u32;
  rows!: u32;

  @inline
  static at(groups: usize, index: usize): Group {
    return changetype<Group>(groups + index * GROUP_RECORD);
  }
}

/**
 * Sorts slots by expert. It runs as one item.
 *
 * @param groups Group [most], in the order of the experts; the last ones are empty if fewer experts are
 *   chosen
 * @param groupOf u32 [slots]: group of a grouped row
 * @param slotOf u32 [slots]: slot of a grouped row
 * @param placeOf u32 [slots]: grouped row of a slot
 * @param chosen u32 [slots]: expert of a slot
 * @param next u32 [experts], overwritten
 */
export function groupRows(
  groups: usize,
  groupOf: usize,
  slotOf: usize,
  placeOf: usize,
  chosen: usize,
  next: usize,
  slots: usize,
  experts: usize,
  most: usize,
  begin: usize,
  end: usize,
): void {
  if (begin == end) return;
  memory.fill(groups, 0, most * GROUP_RECORD);
  memory.fill(next, 0, experts << 2);
  for (let slot: usize = 0; slot < slots; slot++) {
    const counter = next + (load<u32>(chosen + (slot << 2)) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  let first: usize = 0;
  let group: usize = 0;
  for (let expert: usize = 0; expert < experts; expert++) {
    const count = <usize>load<u32>(next + (expert << 2));
    store<u32>(next + (expert << 2), <u32>first);
    if (count == 0) continue;
    const own = Group.at(groups, group);
    own.expert = <u32>expert;
    own.first = <u32>first;
    own.rows = <u32>count;
    for (const stop = first + count; first < stop; first++) store<u32>(groupOf + (first << 2), <u32>group);
    group++;
  }
  for (let slot: usize = 0; slot < slots; slot++) {
    const counter = next + (load<u32>(chosen + (slot << 2)) << 2);
    const place = load<u32>(counter);
    store<u32>(counter, place + 1);
    store<u32>(placeOf + (slot << 2), place);
    store<u32>(slotOf + (place << 2), <u32>slot);
  }
}

/**
 * Copies grouped rows [begin, end): out[i] = x[row of slot i], times the weight of the slot.
 *
 * @param out f32 [slots, width]
 * @param x f32 [rows, width]
 * @param weights f32 [slots], or 0 for none
 */
export function dispatchRows(
  out: usize,
  x: usize,
  slotOf: usize,
  weights: usize,
  active: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let i = begin; i < end; i++) {
    const slot = <usize>load<u32>(slotOf + (i << 2));
    const to = out + i * bytes;
    const from = x + (slot / active) * bytes;
    if (weights == 0) {
      memory.copy(to, from, bytes);
      continue;
    }
    const weight = f32.load(weights + (slot << 2));
    for (let j: usize = 0; j < bytes; j += 4) f32.store(to + j, f32.load(from + j) * weight);
  }
}

/**
 * Adds up what the experts of rows [begin, end) give, in the order in which they were chosen:
 * out[row] = sum over i of weight * y[place of slot i].
 *
 * @param out f32 [rows, width]
 * @param y f32 [slots, width], grouped
 * @param weights f32 [slots], or 0 for the plain sum
 */
export function combineRows(
  out: usize,
  y: usize,
  placeOf: usize,
  weights: usize,
  active: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const to = out + row * bytes;
    memory.fill(to, 0, bytes);
    for (let slot = row * active; slot < (row + 1) * active; slot++) {
      const from = y + <usize>load<u32>(placeOf + (slot << 2)) * bytes;
      const weight: f32 = weights == 0 ? 1 : f32.load(weights + (slot << 2));
      const weightLanes = f32x4.splat(weight);
      for (let j: usize = 0; j < vectors; j += 16) {
        v128.store(to + j, madd(weightLanes, v128.load(from + j), v128.load(to + j)));
      }
      for (let j = vectors; j < bytes; j += 4) {
        const sum = madd(weightLanes, v128.load_splat<f32>(from + j), v128.load_splat<f32>(to + j));
        v128.store_lane<f32>(to + j, sum, 0);
      }
    }
  }
}

/**
 * Multiplies rows [begin, end) of x by a sigmoid: x[row] *= sigmoid(gate[row]).
 *
 * @param x f32 [rows, width]
 * @param gate f32 [rows]
 */
export function gateRows(x: usize, gate: usize, width: usize, begin: usize, end: usize): void {
  for (let row = begin; row < end; row++) {
    const share = f32x4.extract_lane(Transcendental.sigmoid(v128.load_splat<f32>(gate + (row << 2))), 0);
    const stop = x + (((row + 1) * width) << 2);
    for (let i = x + ((row * width) << 2); i < stop; i += 4) f32.store(i, f32.load(i) * share);
  }
}
