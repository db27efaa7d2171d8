/**
 * Dropout (Srivastava et al. 2014): elements become 0 with probability p, and the others are multiplied by 1
 * / (1 - p). The choice is a function of the rule and the place of the element, so the backward pass drops
 * the same elements on any thread. The function is Philox 4x32-10 (Salmon et al. 2011) with key [seed, step]
 * and counter [group of four elements, row, site, pass].
 *
 * A rule: u32 threshold (p 2^32), f32 1 / (1 - p), u32 seed, u32 step, u32 site, u32 pass.
 */

/**
 * Drops elements of x in place, for groups of four [begin, end). Buffers are padded to whole groups.
 *
 * @param x f32
 */
export function dropout(x: usize, rule: usize, begin: usize, end: usize): void {
  for (let group = begin; group < end; group++) dropGroup(x + (group << 4), rule, <u32>group, 0);
}

/**
 * Drops elements [first, end) of a row of attention weights, and whole groups of four: up to three elements
 * before the first and behind the last.
 */
export function dropRow(x: usize, first: usize, end: usize, rule: usize, row: u32): void {
  for (let group = first >> 2; group << 2 < end; group++) dropGroup(x + (group << 4), rule, <u32>group, row);
}

function dropGroup(x: usize, rule: usize, group: u32, row: u32): void {
  let a = group;
  let b = row;
  let c = load<u32>(rule, 16);
  let d = load<u32>(rule, 20);
  let k = load<u32>(rule, 8);
  let l = load<u32>(rule, 12);
  for (let round = 0; round < 10; round++) {
    const first = <u64>0xd2511f53 * <u64>a;
    const second = <u64>0xcd9e8d57 * <u64>c;
    a = <u32>(second >> 32) ^ b ^ k;
    b = <u32>second;
    c = <u32>(first >> 32) ^ d ^ l;
    d = <u32>first;
    k += 0x9e3779b9;
    l += 0xbb67ae85;
  }
  let word = i32x4.splat(a);
  word = i32x4.replace_lane(word, 1, b);
  word = i32x4.replace_lane(word, 2, c);
  word = i32x4.replace_lane(word, 3, d);
  const kept = i32x4.ge_u(word, v128.load_splat<u32>(rule));
  v128.store(x, v128.and(f32x4.mul(v128.load(x), v128.load_splat<f32>(rule, 4)), kept));
}
