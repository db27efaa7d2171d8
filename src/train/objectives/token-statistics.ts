/** Log-probabilities of the right ids, and what is reported of the distributions they come from. */
import { NO_TARGET } from "../../compute/kernels/table.ts";
import { dimensions } from "../../compute/tensor.ts";
import { exp, log } from "../../generate/sampling/exp.ts";
import type { HeadRows } from "../step/head-rows.ts";

/** A figure for each row; 0 where the row has no target. */
export interface TokenStatistics {
  /** Log-probability of the target. */
  readonly logprobs: Float64Array;
  /** Entropy of the distribution, in nats. */
  readonly entropies: Float64Array;
  /** Mean of the logits. */
  readonly means: Float64Array;
  /** 1 if the target is the likeliest id. */
  readonly hits: Float64Array;
}

/** @param temperature divides the logits */
export async function readTokens(
  rows: HeadRows,
  targets: readonly number[],
  temperature = 1,
): Promise<TokenStatistics> {
  const zeros = () => new Float64Array(targets.length);
  const statistics = { logprobs: zeros(), entropies: zeros(), means: zeros(), hits: zeros() };
  await rows.read((outputs, first) => {
    const [count, width] = dimensions(outputs);
    const values = rows.gradients.view(outputs);
    for (let i = 0; i < count; i++) {
      const target = targets[first + i] as number;
      if (target === NO_TARGET) continue;
      measureRow(statistics, first + i, values.subarray(i * width, (i + 1) * width), target, temperature);
    }
  });
  return statistics;
}

/** With p = softmax(l / T): log p_t, and the entropy log(sum e^x) - sum(p x) of the logits x below their maximum. */
function measureRow(
  { logprobs, entropies, means, hits }: TokenStatistics,
  row: number,
  logits: Float32Array,
  target: number,
  temperature: number,
): void {
  let [largest, total] = [Number.NEGATIVE_INFINITY, 0];
  for (const logit of logits) {
    if (logit > largest) largest = logit;
    total += logit;
  }
  let [sum, weighted] = [0, 0];
  for (const logit of logits) {
    const x = (logit - largest) / temperature;
    const power = exp(x);
    sum += power;
    weighted += power * x;
  }
  const own = logits[target] as number;
  logprobs[row] = (own - largest) / temperature - log(sum);
  entropies[row] = log(sum) - weighted / sum;
  means[row] = total / logits.length;
  hits[row] = Number(logits.indexOf(largest) === target);
}
