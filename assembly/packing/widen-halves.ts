/** Halves to floats, eight at a time. */
import { LINE } from "../matmul/tile";
import { fromHalf } from "./half";

/** Bits of sign, exponent and fraction in their new place; the exponent of floats; 2^112. */
const HALF_CONSTANTS: usize = memory.data<u32>([0x8fff8fff, 0x0f800f80, 0x70007000, 0x77800000]);

/**
 * Widens vectors of eight halves. The upper 16 bits of the float times 2^-112 are the sign, and exponent and
 * fraction in their new place; the multiplication is right for subnormals too. Infinities and NaN get the
 * exponent of floats.
 *
 * Its numbers lie in memory and are loaded before a loop: V8 builds constants anew in every turn, and that
 * took 1.5 times as long.
 */
export class Halves {
  @inline static fields(): v128 {
    return v128.load_splat<u32>(HALF_CONSTANTS);
  }
  @inline static special(): v128 {
    return v128.load_splat<u32>(HALF_CONSTANTS, 4);
  }
  @inline static exponent(): v128 {
    return v128.load_splat<u32>(HALF_CONSTANTS, 8);
  }
  @inline static factor(): v128 {
    return v128.load_splat<u32>(HALF_CONSTANTS, 12);
  }
  /** The upper 16 bits of eight floats times 2^-112, of finite halves. */
  @inline static finite(halves: v128, fields: v128): v128 {
    return v128.and(i16x8.shr_s(halves, 3), fields);
  }
  /**
   * The upper 16 bits of eight floats times 2^-112. Infinity and NaN have the greatest exponent, so that a
   * factor does not change them.
   */
  @inline static upper(halves: v128, fields: v128, special: v128, exponent: v128): v128 {
    const upper = Halves.finite(halves, fields);
    const isSpecial = i16x8.eq(v128.and(upper, special), special);
    return v128.or(upper, v128.and(isSpecial, exponent));
  }
  /** The first four floats times 2^-112. */
  @inline static first(lower: v128, upper: v128): v128 {
    return v128.shuffle<i16>(lower, upper, 0, 8, 1, 9, 2, 10, 3, 11);
  }
  /** The last four floats times 2^-112. */
  @inline static last(lower: v128, upper: v128): v128 {
    return v128.shuffle<i16>(lower, upper, 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

/** Bytes after the panels of halves: a u32, whether one of them is infinite or NaN. */
export const SPECIAL_BYTES: usize = 16;

/**
 * Writes 1 if a half of vectors [begin, end) of eight stored ones is infinite or NaN, else nothing.
 *
 * @param special u32
 * @param count halves that exist
 */
export function noteSpecial(special: usize, source: usize, count: usize, begin: usize, end: usize): void {
  const exponent = i16x8.splat(0x7c00);
  let found = i16x8.splat(0);
  const stop = source + (min(end << 3, count) << 1);
  let from = source + (begin << 4);
  for (const last = stop - 16; from <= last; from += 16) {
    found = v128.or(found, i16x8.eq(v128.and(v128.load(from), exponent), exponent));
  }
  let isSpecial = v128.any_true(found);
  for (; from < stop; from += 2) isSpecial = isSpecial || (load<u16>(from) & 0x7c00) == 0x7c00;
  if (isSpecial) store<u32>(special, 1);
}

/** Widens `count` halves, a multiple of 4, to floats. */
export function widenHalves(to: usize, from: usize, count: usize): void {
  const stop = from + (count << 1);
  to = widenVectors(to, from, 16, count >> 3);
  for (from += (count >> 3) << 4; from < stop; from += 2) {
    f32.store(to, fromHalf(load<u16>(from)));
    to += 4;
  }
}

/** Widens a panel of halves, k lines, to one of floats. */
export function widenPanel(to: usize, from: usize, k: usize): void {
  widenVectors(to, from, LINE, k);
}

/** Widens `count` vectors of eight halves, `step` bytes apart. Returns the address after the floats. */
function widenVectors(to: usize, from: usize, step: usize, count: usize): usize {
  const fields = Halves.fields();
  const special = Halves.special();
  const exponent = Halves.exponent();
  const factor = Halves.factor();
  for (const stop = from + count * step; from < stop; from += step) {
    const halves = v128.load(from);
    const upper = Halves.upper(halves, fields, special, exponent);
    const lower = i16x8.shl(halves, 13);
    v128.store(to, f32x4.mul(Halves.first(lower, upper), factor));
    v128.store(to, f32x4.mul(Halves.last(lower, upper), factor), 16);
    to += 32;
  }
  return to;
}
