/** The weight table: every weight a decoder needs, by its canonical name, with its shape. The only list of them. */
import type { DecoderConfig } from "./config.ts";

/** A matrix is [outputs, inputs]; a vector is [length]. */
export type WeightShape = readonly [number, number] | readonly [number];

export interface WeightSpec {
  /** Canonical name, such as `blocks.3.attention.qkv.weight`. */
  readonly name: string;
  readonly shape: WeightShape;
}

/** The output head, where it is no token embedding. */
export const HEAD = "head.weight";

/**
 * Lists the weights of a decoder in the order of the forward pass. `attention.qkv` stacks queries, keys and values;
 * `mlp.up` of a gated MLP stacks gate and up. A tied head and a sinusoidal table have no weight of their own; a classifier's
 * head always has.
 */
export function weightTable(config: DecoderConfig): WeightSpec[] {
  const { nEmbd, nInner, headDim } = config;
  const queries = config.nHead * headDim;
  const qkv = queries + 2 * config.nKvHead * headDim;

  const table: WeightSpec[] = [];
  const add = (name: string, ...shape: WeightShape) => table.push({ name, shape });
  const linear = (name: string, outputs: number, inputs: number, bias: boolean) => {
    add(`${name}.weight`, outputs, inputs);
    if (bias) add(`${name}.bias`, outputs);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, nEmbd);
    if (config.norm === "layernorm") add(`${name}.bias`, nEmbd);
  };

  add("token_embedding.weight", config.vocabSize, nEmbd);
  if (config.position.kind === "learned") add("position_embedding.weight", config.nPositions, nEmbd);
  for (let layer = 0; layer < config.nLayer; layer++) {
    const block = `blocks.${layer}`;
    norm(`${block}.attention_norm`);
    linear(`${block}.attention.qkv`, qkv, nEmbd, config.qkvBias);
    if (config.queryKeyNorm) {
      add(`${block}.attention.query_norm.weight`, headDim);
      add(`${block}.attention.key_norm.weight`, headDim);
    }
    linear(`${block}.attention.output`, nEmbd, queries, config.attentionOutputBias);
    norm(`${block}.mlp_norm`);
    linear(`${block}.mlp.up`, config.gated ? 2 * nInner : nInner, nEmbd, config.mlpBias);
    linear(`${block}.mlp.down`, nEmbd, nInner, config.mlpBias);
  }
  if (config.normPlacement === "pre") norm("final_norm");
  if (config.labels) add(HEAD, config.labels.length, nEmbd);
  else if (!config.tiedHead) add(HEAD, config.vocabSize, nEmbd);
  return table;
}
