/**
 * Arguments of a job: each as an integer and as a float, and the kernel takes the one it means. Of numbers in one form, V8 would put
 * the conversion into the kernel's loop: GELU took twice as long.
 */

/** Where the floats lie, after as many integers. */
const FLOATS: usize = 64;

/** An address, a size or a count. */
export function u(a: usize, index: usize): usize {
  return load<usize>(a + (index << 2));
}

/** A number. */
export function f(a: usize, index: usize): f32 {
  return load<f32>(a + (index << 2), FLOATS);
}
