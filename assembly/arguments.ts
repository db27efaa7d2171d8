/** Arguments of a job: f64 each, so that numbers of every kind pass from JavaScript as they are. */

/** An address, a size or a count. */
export function u(a: usize, index: usize): usize {
  return <usize>load<f64>(a + (index << 3));
}

/** A number. */
export function f(a: usize, index: usize): f32 {
  return <f32>load<f64>(a + (index << 3));
}
