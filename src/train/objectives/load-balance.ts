/**
 * The load-balancing loss of a mixture of experts (Fedus et al. 2021, section 2.2), as transformers adds it
 * to that of the language model if config.json has `output_router_logits`.
 */
import type { JsonObject } from "../../files/json.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { Sequence } from "../examples.ts";
import type { Objective, Step } from "./objective.ts";

/** Default of transformers. */
const COEFFICIENT = 0.001;

/** Factor of the loss beside the mean cross-entropy; 0 without it. Only softmax routers have it. */
export function routerLossOf(json: JsonObject, { layers }: Pick<DecoderConfig, "layers">): number {
  const routers = layers.flatMap(({ mlp }) => (mlp.kind === "experts" ? mlp.routing : []));
  const isBalanced = routers.length > 0 && routers.every(({ scores }) => scores === "softmax");
  if (!isBalanced || json.output_router_logits !== true) return 0;
  const { router_aux_loss_coef: coefficient } = json;
  return typeof coefficient === "number" ? coefficient : COEFFICIENT;
}

const rowsOf = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { inputs }) => sum + inputs.length, 0);

/** A micro-batch counts by its share of the rows. */
export const loadBalanceObjective = ({ decoder, sequences, routerLoss }: Step): Objective => ({
  head: decoder.head,
  dropout: 0,
  scale: 1,
  beside: true,
  differentiate(rows, group) {
    const share = rowsOf(group) / rowsOf(sequences);
    return Promise.resolve(rows.balanceLoads(routerLoss * share) * share);
  },
});
