/** The price of the distance from the reference: fixed, or led towards a target (Ziegler et al. 2019). */

export interface KlTarget {
  /** KL of a response in nats. */
  readonly target: number;
  /** Responses in which the price may change by a fifth of itself. */
  readonly horizon: number;
}

/** The price after a step. @param responses of the step */
export function adaptedPrice(
  price: number,
  kl: number,
  responses: number,
  { target, horizon }: KlTarget,
): number {
  const error = Math.min(Math.max(kl / target - 1, -0.2), 0.2);
  return price * (1 + (error * responses) / horizon);
}
