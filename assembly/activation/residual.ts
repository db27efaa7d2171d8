/**
 * Sum of two tensors: out = a + b for groups of four elements [begin, end). Buffers are padded to whole
 * groups.
 */
export function add(out: usize, a: usize, b: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
  }
}
