/** Peak rates of this machine. Benchmarks compare the kernels with them. */
import { madd } from "../simd";

/** Multiply-adds of four lanes in each chain of an item of `multiplyAdds`. */
const ROUNDS: usize = 1024;
/** Multiply-adds of one lane in an item of `multiplyAdds`. */
export const ITEM_MULTIPLY_ADDS: usize = ROUNDS * 12 * 4;
/**
 * A chain computes x = 0.5 x + 0.5, which stays near 1. Loaded, because V8 rebuilds a vector literal in every
 * iteration.
 */
const HALF: usize = memory.data<f32>([0.5]);
/** Bytes of an item of `readStream` and `copyStream`. */
export const STREAM_BLOCK: usize = 1 << 16;

/** Does nothing: it measures the cost of a job. */
export function nothing(): void {}

/**
 * Multiply-adds on registers, for items [begin, end): 1,024 in each of 12 chains. 12 chains hide the latency
 * of a product and a sum, and fit 16 registers.
 *
 * @param out f32 [items][4]
 */
export function multiplyAdds(out: usize, begin: usize, end: usize): void {
  for (let item = begin; item < end; item++) {
    let a = f32x4.splat(<f32>item);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    let g = a;
    let h = a;
    let i = a;
    let j = a;
    let k = a;
    let l = a;
    const factor = v128.load_splat<f32>(HALF);
    for (let round: usize = 0; round < ROUNDS; round++) {
      a = madd(a, factor, factor);
      b = madd(b, factor, factor);
      c = madd(c, factor, factor);
      d = madd(d, factor, factor);
      e = madd(e, factor, factor);
      f = madd(f, factor, factor);
      g = madd(g, factor, factor);
      h = madd(h, factor, factor);
      i = madd(i, factor, factor);
      j = madd(j, factor, factor);
      k = madd(k, factor, factor);
      l = madd(l, factor, factor);
    }
    const first = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f));
    const second = f32x4.add(f32x4.add(f32x4.add(g, h), f32x4.add(i, j)), f32x4.add(k, l));
    v128.store(out + (item << 4), f32x4.add(first, second));
  }
}

/**
 * Reads blocks [begin, end) of 64 KiB, from one end to the other.
 *
 * @param out i32 [blocks][4], exclusive or of all words of the block
 */
export function readStream(out: usize, from: usize, begin: usize, end: usize): void {
  for (let block = begin; block < end; block++) {
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let at = from + block * STREAM_BLOCK;
    for (const stop = at + STREAM_BLOCK; at < stop; at += 64) {
      a = v128.xor(a, v128.load(at));
      b = v128.xor(b, v128.load(at, 16));
      c = v128.xor(c, v128.load(at, 32));
      d = v128.xor(d, v128.load(at, 48));
    }
    v128.store(out + (block << 4), v128.xor(v128.xor(a, b), v128.xor(c, d)));
  }
}

/** Copies blocks [begin, end) of 64 KiB. */
export function copyStream(out: usize, from: usize, begin: usize, end: usize): void {
  const stop = end * STREAM_BLOCK;
  for (let at = begin * STREAM_BLOCK; at < stop; at += 64) {
    v128.store(out + at, v128.load(from + at));
    v128.store(out + at, v128.load(from + at, 16), 16);
    v128.store(out + at, v128.load(from + at, 32), 32);
    v128.store(out + at, v128.load(from + at, 48), 48);
  }
}
