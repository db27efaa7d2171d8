/** Mixtures of experts (Shazeer et al. 2017), as far as their operations need to know them. */
import type { Indices, MatrixTable, Tensor } from "../tensor.ts";
import type { Named } from "./named.ts";

/**
 * Logits l, times `logitScale`, become scores s. The experts with the largest s + correction are chosen, the
 * first of equal ones. Their weights are s, or s / (sum of the chosen s + epsilon), times `weightScale`.
 */
export interface RoutingRule {
  /**
   * Function of the logits. The sparse mixer (Phi-3.5-MoE) chooses one expert after the other: the weight of
   * each is its softmax among the experts left whose logits are close to it.
   */
  readonly scores: "softmax" | "sigmoid" | "sparseMixer";
  /** A logit l is close to the largest m if (m - l) / max(|l|, m) is at most this (sparse mixer). */
  readonly closeness?: number;
  readonly logitScale: number;
  /** Only experts of the best groups are chosen. */
  readonly groups?: ExpertGroups;
  /** The weights of a row are divided by their sum. */
  readonly normalize?: { readonly epsilon: number };
  readonly weightScale: number;
  /** The weight multiplies the output of the expert, or its input (Llama 4). */
  readonly weighs: "output" | "input";
}

/** Neighbouring experts. A group is worth the sum of its `best` largest s + correction. */
export interface ExpertGroups {
  readonly count: number;
  readonly chosen: number;
  readonly best: 1 | 2;
}

export interface Router {
  readonly rule: RoutingRule;
  /** Experts of a row. */
  readonly active: number;
  readonly correction?: Tensor | undefined;
  /** Factors of the weights by expert. */
  readonly expertScales?: Tensor | undefined;
}

/** x W^T + b with the weight and the bias of an expert. */
export interface ExpertsLinear extends Named {
  readonly weights: MatrixTable;
  /** Addresses of vectors. */
  readonly biases?: Indices | undefined;
}

/** Scale times x W^T, as some outputs from `first` on. */
export interface ScaledExperts extends ExpertsLinear {
  readonly first: number;
  readonly scale: number;
}

/**
 * The experts of some rows. A slot is one of the `active` experts of a row. Grouped rows are the slots in the
 * order of their experts (assembly/experts/grouping.ts).
 */
export interface Routes {
  /** (T, K) */
  readonly weights: Tensor;
  readonly weighs: RoutingRule["weighs"];
  /** Expert of a slot. */
  readonly chosen: Indices;
  /** Slot of a grouped row, and grouped row of a slot. */
  readonly slotOf: Indices;
  readonly placeOf: Indices;
  /** Group of a grouped row. */
  readonly groupOf: Indices;
  /** A group has the rows of one expert. `length` is the largest possible number of groups. */
  readonly groups: Indices;
}
