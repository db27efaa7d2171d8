/** The modules of the vectors that tokens have for each layer. */
import type { DecoderConfig } from "../model/config.ts";
import type { LayerInputConfig } from "../model/layer-inputs/config.ts";
import type { LayerInput, LayerInputs } from "../model/layer-inputs/modules.ts";
import type { ModuleBuilder } from "./module-builder.ts";

const rms = (epsilon: number) => ({ kind: "rmsnorm", epsilon, bias: false }) as const;

/**
 * Table and projection are scaled by the roots of the widths. The norm undoes that of the projection but for
 * epsilon.
 */
export function buildLayerInputs(modules: ModuleBuilder, config: DecoderConfig): LayerInputs | undefined {
  const { embedding, nEmbd, layers } = config;
  if (embedding.layerInputs === undefined) return undefined;
  const { width, epsilon } = embedding.layerInputs;
  const norm = modules.presentNorm("layer_inputs_norm", rms(epsilon * nEmbd), width);
  return {
    tokens: modules.table("layer_inputs"),
    scale: Math.sqrt(width),
    projection: modules.linear("layer_inputs_projection"),
    norm: { norm, first: 0, count: layers.length },
  };
}

export function buildLayerInput(
  modules: ModuleBuilder,
  block: string,
  { activation, epsilon }: LayerInputConfig,
  layer: number,
): LayerInput {
  const gate = modules.linear(`${block}.input_gate`);
  return {
    name: `${block}.input.sum`,
    activation,
    first: layer * gate.weight.outputs,
    gate,
    projection: modules.linear(`${block}.input_projection`),
    norm: modules.presentNorm(`${block}.input_norm`, rms(epsilon)),
  };
}
