/**
 * NF4, the levels of QLoRA (Dettmers et al. 2023, section 3): quantiles of a normal distribution, with a scale
 * in f32 for each 64 inputs of an output. A panel is a stream of blocks of
 *
 *   nibbles [128 bytes] of inputs 0-31, nibbles of inputs 32-63 (layout.ts), f32 scale [8]
 *
 * A weight is level * scale. Levels are no integers: a product expands the blocks to floats.
 */
import { storePair } from "../simd";

/** Inputs that share a scale, and bytes of them in a panel of eight outputs. */
export const NORMAL_BLOCK: usize = 64;
export const NORMAL_PANEL: usize = 288;

/** Bytes 0, 1, 2 and 3 of the 16 levels as f32. */
const PLANES: usize = memory.data<u8>([
  0, 177, 48, 160, 77, 63, 113, 0, 255, 227, 221, 58, 184, 171, 179, 0, 0, 57, 107, 50, 162, 53, 120, 0, 250,
  202, 4, 3, 164, 7, 19, 0, 128, 50, 6, 202, 145, 61, 186, 0, 162, 36, 124, 173, 225, 16, 57, 128, 191, 191,
  191, 190, 190, 190, 189, 0, 61, 62, 62, 62, 62, 63, 63, 63,
]);
/** Halfway between neighbours. A number on a bound takes the lower level. */
const BOUNDS: usize = memory.data<f32>([
  -0.8480963706970215, -0.6106328964233398, -0.4599952697753906, -0.33967941999435425, -0.23460739850997925,
  -0.13791173696517944, -0.045525018125772476, 0.03979014977812767, 0.120255246758461, 0.2035212516784668,
  0.2920137643814087, 0.3893125355243683, 0.5016634464263916, 0.6427869200706482, 0.8614784479141235,
]);
const NIBBLE: i32 = 0x0f0f0f0f;

/** Blocks [panel, stop) as f32 [inputs][8]. */
export function expandNormal(to: usize, panel: usize, stop: usize): void {
  for (; panel < stop; panel += NORMAL_PANEL) {
    const scaleA = v128.load(panel, 256);
    const scaleB = v128.load(panel, 272);
    for (const end = panel + 256; panel < end; panel += 128) {
      for (let group: usize = 0; group < 128; group += 32) {
        const a = v128.load(panel + group);
        const b = v128.load(panel + group, 16);
        const mask = i32x4.splat(NIBBLE);
        Normal.group(to, v128.and(a, mask), scaleA);
        Normal.group(to + 16, v128.and(b, mask), scaleB);
        Normal.group(to + 512, v128.and(i16x8.shr_u(a, 4), mask), scaleA);
        Normal.group(to + 528, v128.and(i16x8.shr_u(b, 4), mask), scaleB);
        to += 128;
      }
      to += 512;
    }
    panel -= 256;
  }
}

/** A class, because only methods can be marked for inlining. */
class Normal {
  /** Four inputs of four outputs, from indices of levels. */
  @inline
  static group(to: usize, indices: v128, scale: v128): void {
    const own = v128.shuffle<u8>(indices, indices, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const p = i8x16.swizzle(v128.load(PLANES), own);
    const q = i8x16.swizzle(v128.load(PLANES, 16), own);
    const r = i8x16.swizzle(v128.load(PLANES, 32), own);
    const s = i8x16.swizzle(v128.load(PLANES, 48), own);
    const low = v128.shuffle<u8>(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<u8>(r, s, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    v128.store(to, f32x4.mul(v128.shuffle<u16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11), scale));
    v128.store(to, f32x4.mul(v128.shuffle<u16>(low, high, 4, 12, 5, 13, 6, 14, 7, 15), scale), 32);
    const low2 = v128.shuffle<u8>(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const high2 = v128.shuffle<u8>(r, s, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(to, f32x4.mul(v128.shuffle<u16>(low2, high2, 0, 8, 1, 9, 2, 10, 3, 11), scale), 64);
    v128.store(to, f32x4.mul(v128.shuffle<u16>(low2, high2, 4, 12, 5, 13, 6, 14, 7, 15), scale), 96);
  }

  /** The number of bounds below x, for four outputs. */
  @inline
  static nearest(x: v128): v128 {
    let index = i32x4.splat(0);
    for (let bound: usize = 0; bound < 60; bound += 4) {
      index = i32x4.sub(index, f32x4.gt(x, v128.load_splat<f32>(BOUNDS + bound)));
    }
    return index;
  }
}

/**
 * Quantizes panels [begin, end): the scale is the largest magnitude of a block, a weight becomes the nearest
 * level. Weights that are level * scale already, with a level of 1 or -1 in each block, keep their numbers.
 *
 * @param out blocks, `outStep` bytes from one panel to the next
 * @param panels f32 [k][8], whole blocks
 */
export function quantizeNormal(
  out: usize,
  outStep: usize,
  panels: usize,
  k: usize,
  begin: usize,
  end: usize,
): void {
  for (let panel = begin; panel < end; panel++) {
    let to = out + panel * outStep;
    let from = panels + panel * (k << 5);
    for (let i: usize = 0; i < k; i += NORMAL_BLOCK) {
      let a = f32x4.splat(0);
      let b = a;
      for (let j: usize = 0; j < NORMAL_BLOCK << 5; j += 32) {
        a = f32x4.max(a, f32x4.abs(v128.load(from + j)));
        b = f32x4.max(b, f32x4.abs(v128.load(from + j, 16)));
      }
      storePair(to + 256, a, b);
      block(to, from, inverse(a), 0);
      block(to + 16, from, inverse(b), 16);
      to += NORMAL_PANEL;
      from += NORMAL_BLOCK << 5;
    }
  }
}

/** 1 / x, 0 of 0. */
function inverse(x: v128): v128 {
  return v128.andnot(f32x4.div(f32x4.splat(1), x), f32x4.eq(x, f32x4.splat(0)));
}

/** The nibbles of four outputs. @param lane bytes from the first output of the panel */
function block(to: usize, from: usize, factor: v128, lane: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    for (let group: usize = 0; group < 4; group++) {
      let word = i32x4.splat(0);
      for (let i: usize = 0; i < 8; i++) {
        const input = (half << 5) + ((i >> 2) << 4) + (group << 2) + (i & 3);
        const x = f32x4.mul(v128.load(from + (input << 5) + lane), factor);
        word = v128.or(word, i32x4.shl(Normal.nearest(x), <i32>(((i & 3) << 3) + ((i >> 2) << 2))));
      }
      v128.store(to + (half << 7) + (group << 5), word);
    }
  }
}
