/**
 * The clipped objective of PPO (Schulman et al. 2017, section 3), of one id or of one completion: with the
 * ratio r = p_new / p_old and the advantage A it is -min(r A, clip(r, 1 - low, 1 + high) A).
 */

export interface ClipRange {
  readonly low: number;
  readonly high: number;
  /** Largest ratio of the term without a clip. Default: any. */
  readonly cap?: number | undefined;
}

export interface Clipped {
  readonly loss: number;
  /** Derivative by log r. */
  readonly slope: number;
  /** Whether the clipped term is the larger loss: the policy has gone far enough. */
  readonly isClipped: boolean;
}

export function clippedRatio(ratio: number, advantage: number, { low, high, cap }: ClipRange): Clipped {
  const capped = cap === undefined ? ratio : Math.min(ratio, cap);
  const limited = Math.min(Math.max(ratio, 1 - low), 1 + high);
  const [free, clipped] = [-capped * advantage, -limited * advantage];
  const isClipped = clipped > free;
  const [own, larger] = isClipped ? [limited, clipped] : [capped, free];
  return { loss: larger, slope: own === ratio ? -ratio * advantage : 0, isClipped };
}

/** k3 of Schulman 2020, e^d - d - 1 with d = log p_ref - log p: it is never negative. */
export const k3 = (difference: number): number => Math.expm1(difference) - difference;
