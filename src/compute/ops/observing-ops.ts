/**
 * Operations that show their named results to an observer, which may replace them. They wrap any operations. A model that is not
 * observed runs without this decorator and pays nothing.
 *
 * Names, for a block 3 (shapes as in ops.ts, F feed-forward width, V vocabulary):
 *
 *   token_embedding, position_embedding      (T, C)   rows of the tables
 *   blocks.3.attention_norm, .mlp_norm       (T, C)
 *   blocks.3.attention.qkv                   (T, (H + 2 Hkv) D)   as projected
 *   blocks.3.attention.heads                 (T, (H + 2 Hkv) D)   after norms and rotation, as attention reads them
 *   blocks.3.attention.mixed                 (T, H D)   sums of the values, head beside head
 *   blocks.3.attention.output                (T, C)
 *   blocks.3.attention.sum, .mlp.sum         (T, C)   the residual stream
 *   blocks.3.mlp.up                          (T, F) or (T, 2 F)
 *   blocks.3.mlp.active                      (T, F)
 *   blocks.3.mlp.down                        (T, C)
 *   final_norm                               (T, C)
 *   head                                     (T, V)   logits
 */
import type { Batch } from "../batch.ts";
import { expectShape, type Indices, type Matrix, type Tensor } from "../tensor.ts";
import type {
  Activation,
  AttentionLayer,
  Embedding,
  Linear,
  Norm,
  Ops,
  RotaryTable,
  WeightsHook,
} from "./ops.ts";

export interface Observer {
  wants(name: string): boolean;
  /**
   * @param values row-major; they belong to the observer
   * @returns as many values to go on with, or undefined to change nothing
   */
  see(name: string, shape: readonly number[], values: Float32Array): Float32Array | undefined;
}

export class ObservingOps implements Ops {
  readonly #inner: Ops;
  readonly #observer: Observer;

  constructor(inner: Ops, observer: Observer) {
    this.#inner = inner;
    this.#observer = observer;
  }

  at(stage: number): Ops {
    const inner = this.#inner.at(stage);
    return inner === this.#inner ? this : new ObservingOps(inner, this.#observer);
  }

  take(x: Tensor): Promise<Tensor> {
    return this.#inner.take(x);
  }

  embedding(table: Embedding, ids: Indices): Tensor {
    return this.#shown(table.name, this.#inner.embedding(table, ids));
  }

  linear(x: Tensor, linear: Linear): Tensor {
    return this.#shown(linear.name, this.#inner.linear(x, linear));
  }

  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    this.#inner.addLinear(out, x, weight, first, scale);
  }

  normalize(x: Tensor, norm: Norm): Tensor {
    return this.#shown(norm.name, this.#inner.normalize(x, norm));
  }

  normalizeHeads(x: Tensor, norm: Norm, first: number, count: number): void {
    this.#inner.normalizeHeads(x, norm, first, count);
  }

  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.#inner.rope(qkv, attention, table, batch);
  }

  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    this.#shown(part(attention, "heads"), qkv);
    this.#inner.storeKeysValues(qkv, attention, batch);
  }

  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, hook?: WeightsHook): Tensor {
    const mixed = this.#inner.attention(qkv, attention, batch, hook);
    return this.#shown(part(attention, "mixed"), mixed);
  }

  activation(activation: Activation, x: Tensor, name?: string): Tensor {
    return this.#shown(name, this.#inner.activation(activation, x, name));
  }

  swiglu(x: Tensor, name?: string): Tensor {
    return this.#shown(name, this.#inner.swiglu(x, name));
  }

  add(x: Tensor, y: Tensor, out?: Tensor): Tensor {
    return this.#inner.add(x, y, out);
  }

  residual(name: string, x: Tensor, y: Tensor, out?: Tensor): Tensor {
    return this.#shown(name, this.#inner.residual(name, x, y, out));
  }

  dropout(x: Tensor): Tensor {
    return this.#inner.dropout(x);
  }

  dropped(x: Tensor, rate: number): Tensor {
    return this.#inner.dropped(x, rate);
  }

  rows(x: Tensor, first: number, count: number): Tensor {
    return this.#inner.rows(x, first, count);
  }

  gather(x: Tensor, chosen: readonly number[]): Tensor {
    return this.#inner.gather(x, chosen);
  }

  update(x: Tensor, work: () => Tensor): Tensor {
    return this.#inner.update(x, work);
  }

  view(x: Tensor): Float32Array {
    return this.#inner.view(x);
  }

  read(x: Tensor): Float32Array {
    return this.#inner.read(x);
  }

  /** Shows a result that is wanted. */
  #shown(name: string | undefined, x: Tensor): Tensor {
    if (name !== undefined && this.#observer.wants(name)) this.#show(name, x);
    return x;
  }

  /** A replacement is written where the result lies. */
  #show(name: string, x: Tensor): void {
    const replacement = this.#observer.see(name, x.shape, this.#inner.read(x));
    if (replacement === undefined) return;
    const values = this.#inner.view(x);
    expectShape(
      replacement.length === values.length,
      () => `${name}: ${values.length} values of shape ${x.shape} are needed, got ${replacement.length}`,
    );
    values.set(replacement);
  }
}

const part = ({ name }: AttentionLayer, suffix: string): string | undefined =>
  name === undefined ? undefined : `${name}.${suffix}`;
