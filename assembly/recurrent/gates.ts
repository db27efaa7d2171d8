/** Steps and decays of recurrences. They are few, so they are computed one by one. */

/**
 * decay = e^(rate softplus(x + bias)), and step = softplus(x + bias) (Mamba 2) or sigmoid(beta) (gated
 * DeltaNet), for the rows [begin, end).
 *
 * @param out f32 [rows, 2 heads]: the steps, then the decays
 * @param x f32, rows `stride` elements apart
 * @param beta f32, rows `stride` elements apart, or 0
 * @param bias f32 [heads]
 * @param rate f32 [heads], below zero
 */
export function recurrenceGates(
  out: usize,
  x: usize,
  beta: usize,
  stride: usize,
  bias: usize,
  rate: usize,
  heads: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const from = (row * stride) << 2;
    const to = out + ((row * heads) << 3);
    for (let head: usize = 0; head < heads; head++) {
      const at = head << 2;
      const step = softplus(load<f32>(x + from + at) + load<f32>(bias + at));
      store<f32>(to + at, beta ? sigmoid(load<f32>(beta + from + at)) : step);
      store<f32>(to + (heads << 2) + at, Mathf.exp(load<f32>(rate + at) * step));
    }
  }
}

/** ln(1 + e^x) */
export function softplus(x: f32): f32 {
  return max(x, <f32>0) + Mathf.log1p(Mathf.exp(-abs(x)));
}

export function sigmoid(x: f32): f32 {
  return <f32>1 / (<f32>1 + Mathf.exp(-x));
}
