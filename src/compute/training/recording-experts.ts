/**
 * Operations of mixtures of experts, with their backward halves on a tape. The choice of experts has no
 * gradient.
 */
import type { ExpertsLinear, Router, Routes, ScaledExperts } from "../ops/experts.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import type { ExpertMatrix, Routed } from "./expert-gradients.ts";
import type { WeightGradients } from "./product-gradients.ts";
import { NO_WEIGHTS, RecordingElements } from "./recording-elements.ts";

export abstract class RecordingExperts extends RecordingElements {
  /** Logits of all routers of the pass, and the experts that they choose. */
  readonly #routed: Routed[] = [];

  /**
   * The load-balancing loss (Fedus et al. 2021, section 2.2) over the rows of all routers: E times the sum
   * over the experts of the share of rows that choose an expert, times its mean probability. Its gradient,
   * times the factor, is added to that of the logits.
   */
  balanceLoads(factor: number): number {
    const { tape } = this;
    const loads = tape.ops.loadsOf(this.#routed);
    for (const { logits } of this.#routed) {
      const gradient = tape.allocate(...logits.shape);
      tape.ops.balanceLoads(gradient, logits, loads, factor);
      tape.give(logits, gradient);
    }
    return loads.loss;
  }

  override route(logits: Tensor, router: Router): Routes {
    const tape = this.tape;
    const routes = super.route(logits, router);
    this.#routed.push({ logits, chosen: routes.chosen });
    const { expertScales } = router;
    const targets = expertScales ? tape.gradientsOf(expertScales) : NO_WEIGHTS;
    tape.record(routes.weights, [logits], targets, (gradient) => {
      const dlogits = tape.allocate(...logits.shape);
      tape.ops.route(dlogits, gradient, logits, router, routes, targets.weight);
      tape.release(gradient);
      tape.give(logits, dlogits);
    });
    return routes;
  }

  override dispatch(x: Tensor, routes: Routes): Tensor {
    const tape = this.tape;
    const { weights, weighs } = routes;
    return tape.record(super.dispatch(x, routes), [x, weights], NO_WEIGHTS, (gradient) => {
      if (weighs === "input") this.#giveWeights(routes, x, gradient);
      const dx = tape.allocate(...x.shape);
      tape.ops.gathered(dx, gradient, routes);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override expertLinear(x: Tensor, experts: ExpertsLinear, routes: Routes): Tensor {
    const trained = this.#trainedOf(experts);
    return this.tape.record(super.expertLinear(x, experts, routes), [x], trained, (gradient) => {
      this.#expertLinearBackward(gradient, x, experts, routes);
    });
  }

  override addExpertLinear(out: Tensor, x: Tensor, experts: ScaledExperts, routes: Routes): void {
    const tape = this.tape;
    super.addExpertLinear(out, x, experts, routes);
    const wasDependent = tape.isDependent(out);
    tape.record(out, [out, x], this.#trainedOf(experts), (gradient) => {
      const own = tape.allocate(dimensions(x)[0], experts.weights.outputs);
      tape.ops.columns(own, gradient, experts.first, experts.scale);
      this.#expertLinearBackward(own, x, experts, routes);
      if (wasDependent) tape.give(out, gradient);
      else tape.release(gradient);
    });
  }

  /** Gradients of one of the experts that are trained, if any is. */
  #trainedOf(experts: ExpertsLinear): WeightGradients {
    const { length } = experts.weights.addresses;
    const all = Array.from({ length }, (_, i) => this.#gradientsOf(this.tape.ops.matrixOf(experts, i)));
    return all.find(({ weight, bias }) => weight + bias > 0) ?? NO_WEIGHTS;
  }

  #gradientsOf({ weight, bias }: ExpertMatrix): WeightGradients {
    return this.tape.gradientsOf(weight, { ptr: bias });
  }

  #expertLinearBackward(gradient: Tensor, x: Tensor, experts: ExpertsLinear, routes: Routes): void {
    const tape = this.tape;
    const dx = tape.isDependent(x) ? tape.allocate(...x.shape) : undefined;
    tape.ops.expertLinear(dx, gradient, x, experts, routes, (matrix) => this.#gradientsOf(matrix));
    tape.release(gradient);
    if (dx) tape.give(x, dx);
  }

  override combine(y: Tensor, routes: Routes, name?: string): Tensor {
    const tape = this.tape;
    const { weights, weighs } = routes;
    return tape.record(super.combine(y, routes, name), [y, weights], NO_WEIGHTS, (gradient) => {
      if (weighs === "output") this.#giveWeights(routes, gradient, y);
      const dy = tape.allocate(...y.shape);
      tape.ops.spread(dy, gradient, routes);
      tape.release(gradient);
      tape.give(y, dy);
    });
  }

  override gateRows(x: Tensor, gate: Tensor): Tensor {
    const tape = this.tape;
    const before = tape.ops.like(x);
    tape.ops.copy(before, x);
    super.gateRows(x, gate);
    return tape.record(x, [x, gate], NO_WEIGHTS, (gradient) => {
      const dgate = tape.allocate(...gate.shape);
      tape.ops.gateRows(dgate, gradient, before, gate);
      tape.give(gate, dgate);
      tape.give(x, gradient);
    });
  }

  /** The gradient of the weights: products of rows with grouped rows. */
  #giveWeights(routes: Routes, rows: Tensor, grouped: Tensor): void {
    const dweights = this.tape.allocate(...routes.weights.shape);
    this.tape.ops.slotProducts(dweights, rows, grouped, routes);
    this.tape.give(routes.weights, dweights);
  }
}
