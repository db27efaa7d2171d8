/**
 * Operations that put their backward halves on a tape. They wrap any operations, so one forward pass serves
 * inference and training.
 *
 * The segments of a batch must be whole sequences: the backward half of attention finds their keys and values
 * in the batch.
 */
import type { Batch } from "../batch.ts";
import type { AttentionLayer, RotaryTable } from "../ops/attention-layers.ts";
import { type Embedding, type Linear, type Norm, normWidth, type Ops, type WeightsHook } from "../ops/ops.ts";
import { dimensions, expectShape, type Indices, type Matrix, rowsOf, type Tensor } from "../tensor.ts";
import type { ReadKeys } from "./attention-gradients.ts";
import type { NormRows } from "./gradient-ops.ts";
import type { WeightGradients } from "./product-gradients.ts";
import { NO_WEIGHTS } from "./recording-elements.ts";
import { RecordingStreams } from "./recording-streams.ts";

/** Rows whose keys and values are in the caches. */
type StoredRows = Omit<ReadKeys, "gradient">;

/**
 * Keys and values of another sequence have the name of the cross-attention, others the number of their layer.
 */
const placeOf = ({ name, layer }: AttentionLayer, isCross: boolean): string =>
  isCross ? `cross ${name ?? layer}` : `${layer}`;

export class RecordingOps extends RecordingStreams {
  /** What each place of keys and values holds (`placeOf`). */
  readonly #stored = new Map<string, StoredRows>();

  protected around(inner: Ops): Ops {
    return new RecordingOps(this.tape, inner);
  }

  override async take(x: Tensor): Promise<Tensor> {
    const taken = await super.take(x);
    expectShape(taken === x, () => "training runs in one stage");
    return taken;
  }

  override embedding(table: Embedding, ids: Indices): Tensor {
    const tape = this.tape;
    const targets = tape.gradientsOf(table.weight);
    return tape.record(super.embedding(table, ids), [], targets, (gradient) => {
      tape.ops.embedding(targets.weight, gradient, ids);
      tape.release(gradient);
    });
  }

  override linear(x: Tensor, linear: Linear): Tensor {
    const { weight, bias } = linear;
    const targets = this.tape.gradientsOf(weight, bias);
    return this.tape.record(super.linear(x, linear), [x], targets, (gradient) => {
      this.#linearBackward(x, weight, targets, gradient);
    });
  }

  override addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    const tape = this.tape;
    super.addLinear(out, x, weight, first, scale);
    const wasDependent = tape.isDependent(out);
    const targets = tape.gradientsOf(weight);
    tape.record(out, [out, x], targets, (gradient) => {
      const own = tape.allocate(dimensions(x)[0], weight.outputs);
      tape.ops.columns(own, gradient, first, scale);
      this.#linearBackward(x, weight, targets, own);
      if (wasDependent) tape.give(out, gradient);
      else tape.release(gradient);
    });
  }

  override normalize(x: Tensor, norm: Norm): Tensor {
    const { weight, bias } = norm;
    const [rows, width] = dimensions(x);
    const whole = { rows, width, groupSize: 1, groupStride: width, offset: 0 };
    return this.#recordNorm(super.normalize(x, norm), x, x, norm, whole, this.tape.gradientsOf(weight, bias));
  }

  override normalizeHeads(x: Tensor, norm: Norm, first: number, count: number): void {
    const [rows, groupStride] = dimensions(x);
    const before = this.tape.ops.like(x);
    this.tape.ops.copy(before, x);
    super.normalizeHeads(x, norm, first, count);
    const width = normWidth(norm);
    const heads = { rows: rows * count, width, groupSize: count, groupStride, offset: first * width };
    this.#recordNorm(x, x, before, norm, heads, this.tape.gradientsOf(norm.weight, norm.bias));
  }

  override rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    const tape = this.tape;
    super.rope(qkv, attention, table, batch);
    tape.record(qkv, [qkv], NO_WEIGHTS, (gradient) => {
      tape.ops.rope(gradient, attention, table, batch);
      tape.give(qkv, gradient);
    });
  }

  override scaleQueries(qkv: Tensor, attention: AttentionLayer, factors: Tensor, batch: Batch): void {
    const tape = this.tape;
    super.scaleQueries(qkv, attention, factors, batch);
    tape.record(qkv, [qkv], NO_WEIGHTS, (gradient) => {
      tape.ops.scaleQueries(gradient, attention, factors, batch);
      tape.give(qkv, gradient);
    });
  }

  /** All layers use the place of the first in the caches: only the attention that follows reads it. */
  override storeKeysValues(rows: Tensor, attention: AttentionLayer, batch: Batch): void {
    super.storeKeysValues(rows, { ...attention, layer: 0 }, batch);
    this.#stored.set(placeOf(attention, attention.nHead === 0), { rows, layer: attention, batch });
  }

  override attention(
    qkv: Tensor,
    attention: AttentionLayer,
    batch: Batch,
    bias?: Tensor,
    hook?: WeightsHook,
  ): Tensor {
    const tape = this.tape;
    const dropout = tape.nextRule();
    const read = this.#readBy(qkv, attention, batch);
    const out = super.attention(qkv, { ...attention, layer: 0 }, batch, bias, { ...hook, dropout });
    const { sinks } = attention;
    const targets = sinks ? tape.gradientsOf(sinks) : NO_WEIGHTS;
    const inputs = bias ? [qkv, read.rows, bias] : [qkv, read.rows];
    return tape.record(out, inputs, targets, (gradient) => {
      const dqkv = tape.allocate(...qkv.shape);
      const dkeys = read.rows === qkv ? dqkv : tape.zeros(...read.rows.shape);
      const dbias = bias && tape.isDependent(bias) ? tape.takeWhole(bias) : undefined;
      const parts = { read: { ...read, gradient: dkeys }, bias, dbias, dsinks: targets.weight, dropout };
      tape.ops.attention(dqkv, gradient, qkv, attention, batch, parts);
      tape.release(gradient);
      if (bias && dbias) tape.give(bias, dbias);
      if (read.rows !== qkv) tape.give(read.rows, dkeys);
      tape.give(qkv, dqkv);
    });
  }

  /** The rows whose keys and values a layer reads. Those of other layers and sequences are stored again. */
  #readBy(qkv: Tensor, attention: AttentionLayer, batch: Batch): StoredRows {
    if (!attention.queriesOnly) return { rows: qkv, layer: attention, batch };
    const read = this.#stored.get(placeOf(attention, true)) ?? this.#stored.get(placeOf(attention, false));
    if (read === undefined) throw new Error(`layer ${attention.layer} has stored no keys and values`);
    super.storeKeysValues(read.rows, { ...read.layer, layer: 0 }, read.batch);
    return read;
  }

  /**
   * All but the last rows of x must be whole groups of four elements, because gradients are added in such
   * groups.
   */
  override rows(x: Tensor, first: number, count: number): Tensor {
    const tape = this.tape;
    const [rows, width] = dimensions(x);
    expectShape(
      (count * width) % 4 === 0 || first + count === rows,
      () => `rows: ${count} of ${width} elements`,
    );
    return tape.record(super.rows(x, first, count), [x], NO_WEIGHTS, (gradient) => {
      const whole = tape.takeWhole(x);
      tape.ops.accumulate(rowsOf(whole, first, count), gradient);
      tape.release(gradient);
      tape.give(x, whole);
    });
  }

  override meanRows(x: Tensor, bounds: readonly number[]): Tensor {
    const tape = this.tape;
    return tape.record(super.meanRows(x, bounds), [x], NO_WEIGHTS, (gradient) => {
      const dx = tape.allocate(...x.shape);
      tape.ops.meanRows(dx, gradient, bounds);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  /** The result does not take the place of x, which the backward pass needs. */
  override update(_x: Tensor, work: () => Tensor): Tensor {
    return work();
  }

  /** @param before x as the norm read it */
  #recordNorm(
    out: Tensor,
    x: Tensor,
    before: Tensor,
    { weight, bias, epsilon }: Norm,
    rows: NormRows,
    targets: WeightGradients,
  ): Tensor {
    const tape = this.tape;
    return tape.record(out, [x], targets, (gradient) => {
      tape.ops.norm(gradient, before, weight, targets, rows, epsilon, bias !== undefined);
      tape.give(x, gradient);
    });
  }

  /**
   * Gradients of the weights and the input of a product. The gradient of its output no longer belongs to the
   * caller.
   */
  #linearBackward(x: Tensor, weight: Matrix, targets: WeightGradients, gradient: Tensor): void {
    const tape = this.tape;
    if (targets.weight + targets.bias > 0) tape.ops.linearWeights(targets, gradient, x);
    if (tape.isDependent(x)) {
      const dx = tape.allocate(...x.shape);
      tape.ops.linearInput(dx, gradient, weight);
      tape.give(x, dx);
    }
    tape.release(gradient);
  }
}
