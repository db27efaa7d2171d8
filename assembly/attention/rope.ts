/**
 * Rotary position embedding (Su et al. 2021) in GPT-NeoX order: the first half of each head turns against the
 * second.
 */

/**
 * Rotates, in place, the first `heads` heads of rows [begin, end): with the angle of (position, i), (x[i],
 * x[i + R/2]) becomes (x[i] cos - x[i + R/2] sin, x[i + R/2] cos + x[i] sin). Dimensions from R on pass. The
 * gradient turns back by the same angle.
 *
 * @param x f32 [rows, stride]; the heads to turn, of D elements each, come first
 * @param cos f32 [positions, R/2]
 * @param sin f32 [positions, R/2]
 * @param positions u32 [rows]
 * @param headDim D
 * @param rotated R, even, at most D
 * @param direction 1 turns, -1 turns back
 */
export function rope(
  x: usize,
  cos: usize,
  sin: usize,
  positions: usize,
  heads: usize,
  headDim: usize,
  rotated: usize,
  stride: usize,
  direction: f32,
  begin: usize,
  end: usize,
): void {
  const half = rotated << 1; // bytes of R/2 floats
  const vectors = half & ~15;
  const directions = f32x4.splat(direction);
  for (let row = begin; row < end; row++) {
    const angles = <usize>load<u32>(positions + (row << 2)) * half;
    const c = cos + angles;
    const s = sin + angles;
    let first = x + ((row * stride) << 2);
    for (let head: usize = 0; head < heads; head++) {
      const second = first + half;
      for (let i: usize = 0; i < vectors; i += 16) {
        const a = v128.load(first + i);
        const b = v128.load(second + i);
        const cosines = v128.load(c + i);
        const sines = f32x4.mul(v128.load(s + i), directions);
        v128.store(first + i, f32x4.sub(f32x4.mul(a, cosines), f32x4.mul(b, sines)));
        v128.store(second + i, f32x4.add(f32x4.mul(b, cosines), f32x4.mul(a, sines)));
      }
      for (let i = vectors; i < half; i += 4) {
        const a = f32.load(first + i);
        const b = f32.load(second + i);
        const cosine = f32.load(c + i);
        const sine = f32.load(s + i) * direction;
        f32.store(first + i, a * cosine - b * sine);
        f32.store(second + i, b * cosine + a * sine);
      }
      first += headDim << 2;
    }
  }
}
