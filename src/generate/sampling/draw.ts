/** Draws from the whole distribution of a policy, with the log-probability that the policy learns by. */
import { noNumber } from "./candidates.ts";
import { exp, log } from "./exp.ts";

export interface Drawn {
  readonly id: number;
  /** At the temperature of the draw. */
  readonly logprob: number;
}

/** Draws with p = softmax(logits / T). The memory for the weights is used again. */
export class Drawing {
  #weights = new Float64Array();

  /**
   * @param share where in the distribution, in [0, 1)
   * @throws GptError `invalid-file` for logits that are no numbers
   */
  draw(logits: Float32Array, temperature: number, share: number): Drawn {
    const size = logits.length;
    if (this.#weights.length !== size) this.#weights = new Float64Array(size);
    const weights = this.#weights;
    let largest = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < size; id++) if ((logits[id] as number) > largest) largest = logits[id] as number;
    let sum = 0;
    for (let id = 0; id < size; id++) {
      const weight = exp(((logits[id] as number) - largest) / temperature);
      weights[id] = weight;
      sum += weight;
    }
    if (!(sum < Number.POSITIVE_INFINITY)) throw noNumber(0, logits[0] as number);
    const target = share * sum;
    let [id, passed] = [0, weights[0] as number];
    while (passed <= target && id < size - 1) passed += weights[++id] as number;
    return { id, logprob: ((logits[id] as number) - largest) / temperature - log(sum) };
  }
}
