/**
 * Blocks of quantized panels (layout.ts) as floats. The numbers are those of the lookup: integer * scale + min.
 */
import { INVERTED_BYTES } from "./block";
import { decode } from "./decode";
import { Layout, Layouts } from "./layout";
import { expandNormal } from "./normal-float";

/**
 * Whole blocks [panel, stop) of eight outputs as f32 [inputs][8].
 *
 * @param decoded scratch for the blocks in the common form
 */
export function expand(
  layout: Layout,
  to: usize,
  panel: usize,
  stop: usize,
  inputs: usize,
  decoded: usize,
): void {
  if (layout == Layout.NF4) return expandNormal(to, panel, stop);
  decode(layout, decoded, panel, stop);
  if (Layouts.hasMin(layout)) {
    if (Layouts.block(layout) == 16) widen16m(layout, to, decoded, inputs);
    else widen32m(layout, to, decoded, inputs);
  } else if (Layouts.block(layout) == 16) widen16(layout, to, decoded, inputs);
  else widen32(layout, to, decoded, inputs);
}

function widen16m(layout: Layout, to: usize, from: usize, inputs: usize): void {
  Widening.blocks(layout, 16, true, to, from, inputs);
}

function widen32m(layout: Layout, to: usize, from: usize, inputs: usize): void {
  Widening.blocks(layout, 32, true, to, from, inputs);
}

function widen16(layout: Layout, to: usize, from: usize, inputs: usize): void {
  Widening.blocks(layout, 16, false, to, from, inputs);
}

function widen32(layout: Layout, to: usize, from: usize, inputs: usize): void {
  Widening.blocks(layout, 32, false, to, from, inputs);
}

/** A class, because only methods can be marked for inlining. */
class Widening {
  @inline
  static blocks(layout: Layout, block: usize, hasMin: bool, to: usize, from: usize, inputs: usize): void {
    const inverted = i32x4.splat(Layouts.isSigned(layout) ? INVERTED_BYTES : 0);
    const zero = i32x4.splat(Layouts.zero(layout));
    for (const last = to + (inputs << 5); to < last; from += hasMin ? 64 : 32) {
      const scales = from + (block << 3);
      const scaleA = v128.load(scales);
      const scaleB = v128.load(scales, 16);
      const leastA = hasMin ? v128.load(scales, 32) : f32x4.splat(0);
      const leastB = hasMin ? v128.load(scales, 48) : f32x4.splat(0);
      for (; from < scales; from += 32) {
        const a = v128.xor(v128.load(from), inverted);
        const b = v128.xor(v128.load(from, 16), inverted);
        for (let shift = 24; shift >= 0; shift -= 8) {
          v128.store(to, Widening.byte(a, shift, zero, scaleA, leastA));
          v128.store(to, Widening.byte(b, shift, zero, scaleB, leastB), 16);
          to += 32;
        }
      }
    }
  }

  /** The byte of four groups that lies `shift` bits below the top. */
  @inline
  static byte(groups: v128, shift: i32, zero: v128, scale: v128, least: v128): v128 {
    const integers = i32x4.sub(i32x4.shr_s(i32x4.shl(groups, shift), 24), zero);
    return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(integers), scale), least);
  }
}
