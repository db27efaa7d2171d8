/** Mixtures of experts as kernels. In shape comments: T rows, K experts of a row, E experts. */
import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import { EXPERT_SCRATCH, GROUP_RECORD, kernels, PANEL, QUANTIZED_TILE, Scores } from "../kernels/table.ts";
import { isQuantized, QUANTIZED_LAYOUTS, type QuantizedDtype } from "../packing/quantized-layouts.ts";
import {
  dimensions,
  expectShape,
  type Indices,
  type MatrixTable,
  panelBytes,
  panels,
  readBytes,
  type Tensor,
} from "../tensor.ts";
import type { ExpertsLinear, Router, Routes, ScaledExperts } from "./experts.ts";
import { QuantizedKernels } from "./quantized-kernels.ts";

const PRODUCTS = {
  f32: kernels.expertMatmulF32,
  bf16: kernels.expertMatmulBF16,
  f16: kernels.expertMatmulF16,
} as const;

export class ExpertKernels extends QuantizedKernels {
  route(logits: Tensor, { rule, active, correction, expertScales }: Router): Routes {
    const [rows, count] = dimensions(logits);
    const slots = rows * active;
    const weights = this.tensor(rows, active);
    const chosen = this.indices(slots);
    this.temporarily(() => {
      const { groups } = rule;
      this.run(kernels.routeRows, rows, TRANSCENDENTAL * count, {
        chosen: chosen.ptr,
        weights: weights.ptr,
        logits: logits.ptr,
        scratch: this.tensor(rows, 2, count).ptr,
        count,
        active,
        scores: Scores[rule.scores],
        closeness: rule.closeness ?? 0,
        logitScale: rule.logitScale,
        correction: correction?.ptr ?? 0,
        groups: groups?.count ?? 1,
        chosenGroups: groups?.chosen ?? 1,
        bestOfGroup: groups?.best ?? 1,
        epsilon: rule.normalize?.epsilon ?? -1,
        weightScale: rule.weightScale,
        expertScales: expertScales?.ptr ?? 0,
      });
    });
    return this.#grouped({ weights, weighs: rule.weighs, chosen }, count);
  }

  /** Sorts the slots by expert. */
  #grouped(
    { weights, weighs, chosen }: Pick<Routes, "weights" | "weighs" | "chosen">,
    experts: number,
  ): Routes {
    const slots = chosen.length;
    const most = Math.min(experts, slots);
    const groups = { length: most, ptr: this.runtime.scratch.allocate(most * GROUP_RECORD) };
    const [groupOf, slotOf, placeOf] = [this.indices(slots), this.indices(slots), this.indices(slots)];
    this.temporarily(() => {
      this.run(kernels.groupRows, 1, COPY * slots, {
        groups: groups.ptr,
        groupOf: groupOf.ptr,
        slotOf: slotOf.ptr,
        placeOf: placeOf.ptr,
        chosen: chosen.ptr,
        next: this.indices(experts).ptr,
        slots,
        experts,
        most,
      });
    });
    return { weights, weighs, chosen, slotOf, placeOf, groupOf, groups };
  }

  dispatch(x: Tensor, { slotOf, weights, weighs }: Routes): Tensor {
    const [rows, width] = dimensions(x);
    const slots = slotOf.length;
    const out = this.tensor(slots, width);
    this.run(kernels.dispatchRows, slots, COPY * width, {
      out: out.ptr,
      x: x.ptr,
      slotOf: slotOf.ptr,
      weights: weighs === "input" ? weights.ptr : 0,
      active: slots / rows,
      width,
    });
    return out;
  }

  expertLinear(
    x: Tensor,
    { weights: table, biases }: ExpertsLinear,
    { weights, groups, groupOf }: Routes,
  ): Tensor {
    // The experts of one row are different: each group has one row, which is read where it lies in x.
    return this.product(x, table, biases, groups, groupOf, dimensions(weights)[0] === 1);
  }

  addExpertLinear(out: Tensor, x: Tensor, experts: ScaledExperts, routes: Routes): void {
    this.addColumns(out, experts.first, experts.scale, () => this.expertLinear(x, experts, routes));
  }

  /** Adds scale times the rows that `x` makes to the columns of out from `first` on. */
  protected addColumns(out: Tensor, first: number, scale: number, x: () => Tensor): void {
    const [rows, targetWidth] = dimensions(out);
    this.temporarily(() => {
      const added = x();
      const [, width] = dimensions(added);
      expectShape(
        first + width <= targetWidth,
        () => `addColumns: ${first} + ${width} outputs of ${targetWidth}`,
      );
      const columns = { target: out.ptr + first * 4, targetWidth, x: added.ptr, xWidth: width, width };
      this.run(kernels.addScaled, rows, COPY * width, { ...columns, scale });
    });
  }

  /** Groups of rows, each through the matrix of its expert. @param single each group has one row */
  protected product(
    x: Tensor,
    table: MatrixTable,
    biases: Indices | undefined,
    groups: Indices,
    groupOf: Indices,
    single: boolean,
  ): Tensor {
    const [slots, width] = dimensions(x);
    const { outputs: n, inputs: k, dtype, addresses } = table;
    expectShape(width === k, () => `expertLinear: ${k} inputs, got ${width}`);
    const y = this.tensor(slots, n);
    const items = groups.length * panels(n);
    const cost = Math.max((slots / groups.length) * k * PANEL, readBytes(k, dtype));
    this.temporarily(() => {
      const [out, matrices, bias] = [y.ptr, addresses.ptr, biases?.ptr ?? 0];
      if (isQuantized(dtype)) {
        const slack = single ? 0 : QUANTIZED_TILE - 1;
        const scratchBytes = single ? 0 : this.decodedBytes(k);
        this.run(kernels.expertMatmulQuantized, items, cost, {
          out,
          x: this.#quantized(x, dtype, groups, groupOf, slack).ptr,
          weights: matrices,
          biases: bias,
          groups: groups.ptr,
          slack,
          k,
          n,
          layout: QUANTIZED_LAYOUTS[dtype].layout,
          panelBytes: panelBytes(k, dtype),
          scratch: this.scratch(EXPERT_SCRATCH + scratchBytes),
          scratchBytes,
          inPairs: this.runtime.products === "pairs",
        });
      } else {
        if (dtype === "nf4") throw new Error("no kernel multiplies groups of rows with nf4");
        const slack = single ? 0 : this.tile - 1;
        const rows = single ? x : this.#interleaved(x, groups, groupOf, slack);
        const scratchBytes = this.widenedBytes(dtype, slots, k);
        this.run(PRODUCTS[dtype], items, cost, {
          out,
          x: rows.ptr,
          weights: matrices,
          biases: bias,
          groups: groups.ptr,
          slack,
          k,
          n,
          scratch: scratchBytes === 0 ? 0 : this.scratch(scratchBytes),
          scratchBytes,
        });
      }
    });
    return y;
  }

  #interleaved(x: Tensor, groups: Indices, groupOf: Indices, slack: number): Tensor {
    const [slots, k] = dimensions(x);
    const out = this.tensor(slots + (groups.length + 1) * slack, k);
    this.run(kernels.interleaveGroups, slots, COPY * k, {
      out: out.ptr,
      x: x.ptr,
      groups: groups.ptr,
      groupOf: groupOf.ptr,
      slack,
      k,
    });
    return out;
  }

  #quantized(x: Tensor, dtype: QuantizedDtype, groups: Indices, groupOf: Indices, slack: number): Tensor {
    const [slots, k] = dimensions(x);
    const out = this.tensor(slots + (groups.length + 1) * slack, this.quantizedWords(k));
    this.run(kernels.quantizeGroups, slots, NORM * k, {
      out: out.ptr,
      x: x.ptr,
      groups: groups.ptr,
      groupOf: groupOf.ptr,
      slack,
      k,
      layout: QUANTIZED_LAYOUTS[dtype].layout,
    });
    return out;
  }

  combine(y: Tensor, { weights, weighs, placeOf }: Routes): Tensor {
    const [, width] = dimensions(y);
    const [rows, active] = dimensions(weights);
    const out = this.tensor(rows, width);
    this.run(kernels.combineRows, rows, COPY * active * width, {
      out: out.ptr,
      y: y.ptr,
      placeOf: placeOf.ptr,
      weights: weighs === "output" ? weights.ptr : 0,
      active,
      width,
    });
    return out;
  }

  gateRows(x: Tensor, gate: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    this.run(kernels.gateRows, rows, COPY * width, { x: x.ptr, gate: gate.ptr, width });
    return x;
  }

  protected indices(length: number): Indices {
    return { length, ptr: this.runtime.scratch.allocate(length * 4) };
  }
}
