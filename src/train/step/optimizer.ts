/** AdamW (Loshchilov & Hutter 2019) over all parameters, with clipping by the norm of the whole gradient. */
import type { OptimizerOps } from "../../compute/training/optimizer-ops.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import type { Parameter } from "../parameters.ts";

/** Norm of the gradient of all parameters together. */
export function gradientNorm(ops: OptimizerOps, parameters: readonly Parameter[]): number {
  return Math.sqrt(parameters.reduce((sum, { gradient }) => sum + ops.sumSquares(gradient), 0));
}

/**
 * Gradients with respect to decay rates become those of their logarithms, which are trained. Rows that are one
 * tensor get the gradient of all their places. Zeros that stay have no gradient: so their moments are 0, and
 * AdamW does not move them.
 */
export function finishGradients(
  ops: OptimizerOps,
  parameters: readonly Parameter[],
  { keepZeros }: Pick<Hyperparameters, "keepZeros">,
): void {
  for (const { logarithmic, decayed, repeats, gradient, value } of parameters) {
    if (keepZeros && decayed) ops.clearAtZeros(gradient, value);
    if (logarithmic) ops.ofLogarithm(gradient, value);
    for (const rows of repeats) ops.joinRows(gradient, rows);
  }
}

/**
 * Updates all parameters and clears their gradients. Values are then as their files hold them, so that a
 * resumed run gives the same bits.
 *
 * @param step updates of the moments before this one
 * @param pause awaited between parameters
 */
export async function update(
  ops: OptimizerOps,
  parameters: readonly Parameter[],
  { betas, eps, weightDecay, clipGradNorm }: Hyperparameters,
  { step, lr, gradNorm }: { step: number; lr: number; gradNorm: number },
  pause: () => Promise<void>,
): Promise<void> {
  const [beta1, beta2] = betas;
  const clip = clipGradNorm > 0 && gradNorm > clipGradNorm ? clipGradNorm / gradNorm : 1;
  const stepSize = lr / (1 - beta1 ** (step + 1));
  const rootScale = 1 / Math.sqrt(1 - beta2 ** (step + 1));
  for (const parameter of parameters) {
    const { rate = 1, decayed } = parameter;
    const keep = decayed ? 1 - lr * rate * weightDecay : 1;
    const sizes = { stepSize: stepSize * rate, rootScale, epsilon: eps };
    const step = () => ops.adamW(parameter, { clip, keep, betas, ...sizes });
    if (parameter.logarithmic) ops.byLogarithm(parameter.value, step);
    else step();
    for (const rows of parameter.repeats) ops.repeatRows(parameter.value, rows);
    if (parameter.less) ops.roundLess(parameter.value, parameter.less);
    await pause();
  }
}
