/**
 * Operations that show their named results to an observer, which may replace them. They wrap any operations.
 * A model that is not observed runs without this decorator and pays nothing.
 *
 * Names, for a block 3 (shapes as in ops.ts, F feed-forward width, V vocabulary):
 *
 *   token_embedding, position_embedding      (T, C)   rows of the tables
 *   hidden.3                                 (T, C)   the residual stream before block 3, after block 2
 *   hidden.L                                 (T, C)   after the last block, before the final norm
 *   blocks.3.attention_norm, .mlp_norm       (T, C)
 *   blocks.3.attention.qkv                   (T, H D + Hkv (D + Dv))   as projected
 *   blocks.3.attention.heads                 (T, H D + Hkv (D + Dv))   after norms and rotation
 *   blocks.3.attention.weights               (T, H, positions)   computed only when wanted
 *   blocks.3.attention.mixed                 (T, H Dv)   sums of the values, head beside head
 *   blocks.3.attention.output                (T, C)
 *   blocks.3.attention.added, .mlp.added     (T, C)   what the sublayer adds to the residual stream
 *   blocks.3.attention.sum, .mlp.sum         (T, C)   the residual stream
 *   blocks.3.mlp.up                          (T, F) or (T, 2 F)
 *   blocks.3.mlp.active                      (T, F)
 *   blocks.3.mlp.down                        (T, C)
 *   blocks.3.mlp.router                      (T, E)   logits of the experts
 *   blocks.3.mlp.experts                     (T, C)   weighted sum of the chosen experts
 *   blocks.3.mlp.shared.up, .active, .down   of the shared expert, as of an MLP
 *   final_norm                               (T, C)
 *   head                                     (T, V)   logits, before factor and soft cap
 *
 * A linear layer or norm NAME shows what it reads as NAME.input: `blocks.3.attention.output.input` (T, H Dv) are
 * the outputs of the heads, with their gates.
 */
import type { Batch } from "../batch.ts";
import { expectShape, type Indices, type Tensor } from "../tensor.ts";
import type { AttentionLayer } from "./attention-layers.ts";
import type { Routes } from "./experts.ts";
import type { Activation, Embedding, Linear, Norm, Ops, WeightsHook } from "./ops.ts";
import { OpsDecorator } from "./ops-decorator.ts";
import type { Convolution, Recurrence } from "./recurrent-layers.ts";

export interface Observer {
  wants(name: string): boolean;
  /**
   * @param values row-major; they belong to the observer
   * @returns as many values to go on with, or undefined to change nothing
   */
  see(name: string, shape: readonly number[], values: Float32Array): Float32Array | undefined;
}

export class ObservingOps extends OpsDecorator {
  readonly #observer: Observer;

  constructor(inner: Ops, observer: Observer) {
    super(inner);
    this.#observer = observer;
  }

  protected around(inner: Ops): Ops {
    return new ObservingOps(inner, this.#observer);
  }

  override embedding(table: Embedding, ids: Indices): Tensor {
    return this.#shown(table.name, super.embedding(table, ids));
  }

  override linear(x: Tensor, linear: Linear): Tensor {
    this.#showInput(linear.name, x);
    return this.#shown(linear.name, super.linear(x, linear));
  }

  override normalize(x: Tensor, norm: Norm): Tensor {
    this.#showInput(norm.name, x);
    return this.#shown(norm.name, super.normalize(x, norm));
  }

  override storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    this.#shown(part(attention, "heads"), qkv);
    super.storeKeysValues(qkv, attention, batch);
  }

  override attention(
    qkv: Tensor,
    attention: AttentionLayer,
    batch: Batch,
    bias?: Tensor,
    hook?: WeightsHook,
  ): Tensor {
    const mixed = super.attention(qkv, attention, batch, bias, this.#hook(attention, hook));
    return this.#shown(part(attention, "mixed"), mixed);
  }

  override activation(activation: Activation, x: Tensor, name?: string): Tensor {
    return this.#shown(name, super.activation(activation, x, name));
  }

  override gated(activation: Activation, x: Tensor, name?: string): Tensor {
    return this.#shown(name, super.gated(activation, x, name));
  }

  override convolution(x: Tensor, first: number, convolution: Convolution, batch: Batch): Tensor {
    return this.#shown(convolution.name, super.convolution(x, first, convolution, batch));
  }

  override recurrence(x: Tensor, gates: Tensor, recurrence: Recurrence, batch: Batch): Tensor {
    return this.#shown(recurrence.name, super.recurrence(x, gates, recurrence, batch));
  }

  override combine(y: Tensor, routes: Routes, name?: string): Tensor {
    return this.#shown(name, super.combine(y, routes, name));
  }

  override residual(name: string, x: Tensor, y: Tensor, out?: Tensor): Tensor {
    return this.#shown(name, super.residual(name, x, y, out));
  }

  override named(name: string, x: Tensor): Tensor {
    return this.#shown(name, super.named(name, x));
  }

  /** A hook that shows the weights where they are wanted; otherwise the one that was given. */
  #hook(attention: AttentionLayer, hook: WeightsHook | undefined): WeightsHook | undefined {
    const name = part(attention, "weights");
    if (name === undefined || !this.#observer.wants(name)) return hook;
    return {
      ...hook,
      see: (weights) => {
        hook?.see?.(weights);
        this.#show(name, weights);
      },
    };
  }

  #showInput(name: string | undefined, x: Tensor): void {
    if (name !== undefined) this.#shown(inputName(name), x);
  }

  /** Shows a result that is wanted. */
  #shown(name: string | undefined, x: Tensor): Tensor {
    if (name !== undefined && this.#observer.wants(name)) this.#show(name, x);
    return x;
  }

  /** A replacement is written where the result lies. */
  #show(name: string, x: Tensor): void {
    const replacement = this.#observer.see(name, x.shape, this.read(x));
    if (replacement === undefined) return;
    const values = this.view(x);
    expectShape(
      replacement.length === values.length,
      () => `${name}: ${values.length} values of shape ${x.shape} are needed, got ${replacement.length}`,
    );
    values.set(replacement);
  }
}

/** Name of what a linear layer or a norm reads. */
export const inputName = (name: string): string => `${name}.input`;

const part = ({ name }: AttentionLayer, suffix: string): string | undefined =>
  name === undefined ? undefined : `${name}.${suffix}`;
