/**
 * Operations that wrap others and hand every call on to them. Decorators override the calls they are about.
 */
import type { Batch } from "../batch.ts";
import type { WeightChange } from "../decomposition.ts";
import type { Indices, Matrix, MatrixTable, Tensor } from "../tensor.ts";
import type { AttentionLayer, LatentSizes, RotaryTable } from "./attention-layers.ts";
import type { ExpertsLinear, Router, Routes, ScaledExperts } from "./experts.ts";
import type { Activation, Embedding, Linear, Norm, Ops, WeightsHook } from "./ops.ts";
import type { Convolution, Recurrence, RecurrenceGates } from "./recurrent-layers.ts";

export abstract class OpsDecorator implements Ops {
  protected readonly inner: Ops;

  constructor(inner: Ops) {
    this.inner = inner;
  }

  /** The same decorator around other operations. */
  protected abstract around(inner: Ops): Ops;

  at(stage: number): Ops {
    const inner = this.inner.at(stage);
    return inner === this.inner ? this : this.around(inner);
  }

  take(x: Tensor): Promise<Tensor> {
    return this.inner.take(x);
  }

  embedding(table: Embedding, ids: Indices): Tensor {
    return this.inner.embedding(table, ids);
  }

  linear(x: Tensor, linear: Linear): Tensor {
    return this.inner.linear(x, linear);
  }

  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    this.inner.addLinear(out, x, weight, first, scale);
  }

  rowLengths(weight: Matrix, change: WeightChange, squares: Float64Array): Tensor {
    return this.inner.rowLengths(weight, change, squares);
  }

  rescale(y: Tensor, first: number, magnitudes: Tensor, lengths: Tensor, bias: Tensor | undefined): void {
    this.inner.rescale(y, first, magnitudes, lengths, bias);
  }

  normalize(x: Tensor, norm: Norm): Tensor {
    return this.inner.normalize(x, norm);
  }

  normalizeHeads(x: Tensor, norm: Norm, first: number, count: number): void {
    this.inner.normalizeHeads(x, norm, first, count);
  }

  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.inner.rope(qkv, attention, table, batch);
  }

  latentHeads(queries: Tensor, absorbed: Tensor, latent: Tensor, sizes: LatentSizes): Tensor {
    return this.inner.latentHeads(queries, absorbed, latent, sizes);
  }

  linearOfHeads(x: Tensor, first: number, heads: MatrixTable): Tensor {
    return this.inner.linearOfHeads(x, first, heads);
  }

  scaleQueries(qkv: Tensor, attention: AttentionLayer, factors: Tensor, batch: Batch): void {
    this.inner.scaleQueries(qkv, attention, factors, batch);
  }

  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    this.inner.storeKeysValues(qkv, attention, batch);
  }

  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, bias?: Tensor, hook?: WeightsHook): Tensor {
    return this.inner.attention(qkv, attention, batch, bias, hook);
  }

  activation(activation: Activation, x: Tensor, name?: string): Tensor {
    return this.inner.activation(activation, x, name);
  }

  gated(activation: Activation, x: Tensor, name?: string): Tensor {
    return this.inner.gated(activation, x, name);
  }

  scale(x: Tensor, factor: number): Tensor {
    return this.inner.scale(x, factor);
  }

  softCap(x: Tensor, cap: number | undefined): Tensor {
    return this.inner.softCap(x, cap);
  }

  multiply(x: Tensor, y: Tensor, first?: number): Tensor {
    return this.inner.multiply(x, y, first);
  }

  route(logits: Tensor, router: Router): Routes {
    return this.inner.route(logits, router);
  }

  dispatch(x: Tensor, routes: Routes): Tensor {
    return this.inner.dispatch(x, routes);
  }

  expertLinear(x: Tensor, experts: ExpertsLinear, routes: Routes): Tensor {
    return this.inner.expertLinear(x, experts, routes);
  }

  addExpertLinear(out: Tensor, x: Tensor, experts: ScaledExperts, routes: Routes): void {
    this.inner.addExpertLinear(out, x, experts, routes);
  }

  combine(y: Tensor, routes: Routes, name?: string): Tensor {
    return this.inner.combine(y, routes, name);
  }

  gateRows(x: Tensor, gate: Tensor): Tensor {
    return this.inner.gateRows(x, gate);
  }

  add(x: Tensor, y: Tensor, out?: Tensor): Tensor {
    return this.inner.add(x, y, out);
  }

  residual(name: string, x: Tensor, y: Tensor, out?: Tensor): Tensor {
    return this.inner.residual(name, x, y, out);
  }

  named(name: string, x: Tensor): Tensor {
    return this.inner.named(name, x);
  }

  dropout(x: Tensor): Tensor {
    return this.inner.dropout(x);
  }

  dropped(x: Tensor, rate: number): Tensor {
    return this.inner.dropped(x, rate);
  }

  columns(x: Tensor, first: number, count: number): Tensor {
    return this.inner.columns(x, first, count);
  }

  withoutColumns(x: Tensor, first: number, count: number): Tensor {
    return this.inner.withoutColumns(x, first, count);
  }

  gate(x: Tensor, y: Tensor, first: number, activation: "silu" | "sigmoid"): Tensor {
    return this.inner.gate(x, y, first, activation);
  }

  convolution(x: Tensor, first: number, convolution: Convolution, batch: Batch): Tensor {
    return this.inner.convolution(x, first, convolution, batch);
  }

  recurrenceGates(x: Tensor, first: number, beta: number | undefined, gates: RecurrenceGates): Tensor {
    return this.inner.recurrenceGates(x, first, beta, gates);
  }

  recurrence(x: Tensor, gates: Tensor, recurrence: Recurrence, batch: Batch): Tensor {
    return this.inner.recurrence(x, gates, recurrence, batch);
  }

  idsBelow(ids: Indices, count: number): Indices {
    return this.inner.idsBelow(ids, count);
  }

  sideBySide(parts: readonly Tensor[]): Tensor {
    return this.inner.sideBySide(parts);
  }

  matchMagnitude(y: Tensor, x: Tensor): Tensor {
    return this.inner.matchMagnitude(y, x);
  }

  mixStreams(x: Tensor, weights: Tensor): Tensor {
    return this.inner.mixStreams(x, weights);
  }

  addToStreams(streams: Tensor, x: Tensor, first: number, weights?: Tensor): Tensor {
    return this.inner.addToStreams(streams, x, first, weights);
  }

  sparsify(x: Tensor, width: number, deviations: number): Tensor {
    return this.inner.sparsify(x, width, deviations);
  }

  logSums(x: Tensor): Tensor {
    return this.inner.logSums(x);
  }

  divergences(a: Tensor, b: Tensor): Tensor {
    return this.inner.divergences(a, b);
  }

  readLogits(x: Tensor, ids: Indices, top: number): Tensor {
    return this.inner.readLogits(x, ids, top);
  }

  summarizeWeights(weights: Tensor, batch: Batch, pool: number, cells: number): Tensor {
    return this.inner.summarizeWeights(weights, batch, pool, cells);
  }

  rows(x: Tensor, first: number, count: number): Tensor {
    return this.inner.rows(x, first, count);
  }

  gather(x: Tensor, chosen: readonly number[]): Tensor {
    return this.inner.gather(x, chosen);
  }

  meanRows(x: Tensor, bounds: readonly number[]): Tensor {
    return this.inner.meanRows(x, bounds);
  }

  recomputed(x: Tensor, work: () => Tensor): Tensor {
    return this.inner.recomputed(x, work);
  }

  update(x: Tensor, work: () => Tensor): Tensor {
    return this.inner.update(x, work);
  }

  write(values: Float32Array, ...shape: number[]): Tensor {
    return this.inner.write(values, ...shape);
  }

  ids(numbers: readonly number[]): Indices {
    return this.inner.ids(numbers);
  }

  view(x: Tensor): Float32Array {
    return this.inner.view(x);
  }

  read(x: Tensor): Float32Array {
    return this.inner.read(x);
  }
}
