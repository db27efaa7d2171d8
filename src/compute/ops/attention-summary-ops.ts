/** Operations that show a summary of attention weights, with the weights themselves. They wrap any operations. */
import type { Batch } from "../batch.ts";
import type { Tensor } from "../tensor.ts";
import type { AttentionLayer } from "./attention-layers.ts";
import type { Ops, WeightsHook } from "./ops.ts";
import { OpsDecorator } from "./ops-decorator.ts";

export interface AttentionReader {
  /** Keys of a group whose weights are summed. */
  readonly pool: number;
  /** Groups of all keys of the text. */
  readonly cells: number;
  /**
   * Gets the next rows of a layer. The arrays are overwritten after the call.
   *
   * @param name such as `blocks.3.attention`
   * @param weights [rows, H, longest]
   * @param summaries [rows, H, SUMMARY_NUMBERS + cells], as `Ops.summarizeWeights` has them
   */
  read(name: string, weights: Float32Array, longest: number, summaries: Float32Array): void;
}

export class AttentionSummaryOps extends OpsDecorator {
  readonly #reader: AttentionReader;

  constructor(inner: Ops, reader: AttentionReader) {
    super(inner);
    this.#reader = reader;
  }

  protected around(inner: Ops): Ops {
    return new AttentionSummaryOps(inner, this.#reader);
  }

  override attention(
    qkv: Tensor,
    attention: AttentionLayer,
    batch: Batch,
    bias?: Tensor,
    hook?: WeightsHook,
  ): Tensor {
    const { name } = attention;
    if (name === undefined) return super.attention(qkv, attention, batch, bias, hook);
    const { pool, cells } = this.#reader;
    return super.attention(qkv, attention, batch, bias, {
      ...hook,
      see: (weights) => {
        hook?.see?.(weights);
        const summaries = this.view(this.summarizeWeights(weights, batch, pool, cells));
        this.#reader.read(name, this.view(weights), weights.shape[2] ?? 0, summaries);
      },
    });
  }
}
