/** Gradients of mixtures of experts. Shapes as in ops.ts; T rows, K experts of a row, E experts. */
import { addressIn, groupsIn, matrixIn } from "../expert-groups.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, Scores } from "../kernels/table.ts";
import type { ExpertsLinear, Router, Routes } from "../ops/experts.ts";
import { dimensions, type Indices, type Matrix, type MatrixTable, rowsOf, type Tensor } from "../tensor.ts";
import type { WeightGradients } from "./product-gradients.ts";
import { RecurrentGradients } from "./recurrent-gradients.ts";

/** The matrix of an expert, and the address of its bias; 0 without one. */
export interface ExpertMatrix {
  readonly weight: Matrix;
  readonly bias: number;
}

/** Logits of a router, (T, E), and the experts that the rows choose, (T, K). */
export interface Routed {
  readonly logits: Tensor;
  readonly chosen: Indices;
}

/** How the rows of all routers spread over the experts. */
export interface Loads {
  readonly rows: number;
  /** Choices of each expert, over the rows. Their sum is K. */
  readonly shares: Float64Array;
  readonly loss: number;
}

export class ExpertGradients extends RecurrentGradients {
  /**
   * (T, K) -> (T, E). The gradient of the weights is overwritten.
   *
   * @param dscales address of the gradient of the experts' factors, which is added to; 0 if it is not wanted
   */
  route(
    dlogits: Tensor,
    dweights: Tensor,
    logits: Tensor,
    { rule, expertScales }: Router,
    { chosen }: Routes,
    dscales = 0,
  ): void {
    const [rows, count] = dimensions(logits);
    const [, active] = dimensions(dweights);
    this.temporarily(() => {
      this.run(kernels.routeGradient, rows, TRANSCENDENTAL * count, {
        dlogits: dlogits.ptr,
        dweights: dweights.ptr,
        slopes: this.tensor(rows, active).ptr,
        chosen: chosen.ptr,
        logits: logits.ptr,
        count,
        active,
        scores: Scores[rule.scores],
        closeness: rule.closeness ?? 0,
        logitScale: rule.logitScale,
        epsilon: rule.normalize?.epsilon ?? -1,
        weightScale: rule.weightScale,
        expertScales: expertScales?.ptr ?? 0,
      });
    });
    if (dscales === 0) return;
    const { memory } = this.runtime;
    const [sums, slopes] = [memory.f32(dscales, count), this.view(dweights)];
    for (const [slot, expert] of memory.u32(chosen.ptr, rows * active).entries()) {
      sums[expert] = (sums[expert] ?? 0) + (slopes[slot] ?? 0);
    }
  }

  /** Each grouped row gets the gradient of its row, times its weight if the experts' outputs have weights. */
  spread(dy: Tensor, gradient: Tensor, { slotOf, weights, weighs }: Routes): void {
    const [slots, width] = dimensions(dy);
    this.run(kernels.dispatchRows, slots, COPY * width, {
      out: dy.ptr,
      x: gradient.ptr,
      slotOf: slotOf.ptr,
      weights: weighs === "output" ? weights.ptr : 0,
      active: dimensions(weights)[1],
      width,
    });
  }

  /** Each row gets the sum of its grouped rows, times their weights if the experts' inputs have weights. */
  gathered(dx: Tensor, gradient: Tensor, { placeOf, weights, weighs }: Routes): void {
    const [rows, width] = dimensions(dx);
    const [, active] = dimensions(weights);
    this.run(kernels.combineRows, rows, COPY * active * width, {
      out: dx.ptr,
      y: gradient.ptr,
      placeOf: placeOf.ptr,
      weights: weighs === "input" ? weights.ptr : 0,
      active,
      width,
    });
  }

  /** Products of rows with the grouped rows of their experts: (T, C), (T K, C) -> (T, K) */
  slotProducts(out: Tensor, x: Tensor, y: Tensor, { placeOf }: Routes): void {
    const [rows, width] = dimensions(x);
    const [, active] = dimensions(out);
    const slots = { out: out.ptr, x: x.ptr, y: y.ptr, placeOf: placeOf.ptr, active, width };
    this.run(kernels.slotProducts, rows, COPY * active * width, slots);
  }

  /** `gradient` becomes that of x: (T, C) and (T, 1) */
  gateRows(dgate: Tensor, gradient: Tensor, x: Tensor, gate: Tensor): void {
    const [rows, width] = dimensions(x);
    const of = { dgate: dgate.ptr, gradient: gradient.ptr, x: x.ptr, gate: gate.ptr, width };
    this.run(kernels.gateRowsGradient, rows, 2 * COPY * width, of);
  }

  /**
   * Gradients of the products of grouped rows, group by group. The numbers of a group do not depend on the
   * others.
   *
   * @param dx undefined if it is not wanted
   */
  expertLinear(
    dx: Tensor | undefined,
    dy: Tensor,
    x: Tensor,
    experts: ExpertsLinear,
    { groups }: Routes,
    targetsOf: (matrix: ExpertMatrix) => WeightGradients,
  ): void {
    for (const { expert, first, rows } of groupsIn(this.runtime.memory, groups)) {
      const matrix = this.matrixOf(experts, expert);
      const [own, input] = [rowsOf(dy, first, rows), rowsOf(x, first, rows)];
      const targets = targetsOf(matrix);
      if (targets.weight + targets.bias > 0) this.linearWeights(targets, own, input);
      if (dx) this.linearInput(rowsOf(dx, first, rows), own, matrix.weight);
    }
  }

  loadsOf(routed: readonly Routed[]): Loads {
    const { memory } = this.runtime;
    const rows = routed.reduce((sum, { logits }) => sum + dimensions(logits)[0], 0);
    const experts = Math.max(...routed.map(({ logits }) => dimensions(logits)[1]));
    const [shares, means] = [new Float64Array(experts), new Float64Array(experts)];
    for (const { logits, chosen } of routed) {
      for (const expert of memory.u32(chosen.ptr, chosen.length))
        shares[expert] = (shares[expert] ?? 0) + 1 / rows;
      this.#withProbabilities(logits, (probabilities) => {
        const [, width] = dimensions(logits);
        for (const [i, p] of probabilities.entries()) means[i % width] = (means[i % width] ?? 0) + p / rows;
      });
    }
    const loss = shares.reduce((sum, share, i) => sum + experts * share * (means[i] ?? 0), 0);
    return { rows, shares, loss };
  }

  /** (factor E / rows) p_j (share_j - sum over the experts of p share) */
  balanceLoads(gradient: Tensor, logits: Tensor, { rows, shares }: Loads, factor: number): void {
    const [own, width] = dimensions(logits);
    const to = this.view(gradient);
    this.#withProbabilities(logits, (probabilities) => {
      for (let first = 0; first < own * width; first += width) {
        const mean = shares.reduce((sum, share, j) => sum + share * (probabilities[first + j] ?? 0), 0);
        for (const [j, share] of shares.entries()) {
          to[first + j] = ((factor * width) / rows) * (probabilities[first + j] ?? 0) * (share - mean);
        }
      }
    });
  }

  #withProbabilities(logits: Tensor, work: (probabilities: Float32Array) => void): void {
    const [rows, width] = dimensions(logits);
    this.temporarily(() => {
      const out = this.tensor(rows, width);
      this.run(kernels.softmax, rows, TRANSCENDENTAL * width, { out: out.ptr, x: logits.ptr, width });
      work(this.view(out));
    });
  }

  matrixOf({ weights, biases }: ExpertsLinear, expert: number): ExpertMatrix {
    const { memory } = this.runtime;
    const bias = biases ? addressIn(memory, biases, expert) : 0;
    return { weight: matrixIn(memory, weights, expert), bias };
  }

  /** A matrix of a table. */
  matrixIn(table: MatrixTable, number: number): Matrix {
    return matrixIn(this.runtime.memory, table, number);
  }
}
