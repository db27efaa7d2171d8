/** The modules of parallel residual streams, and of layers of low rank beside sublayers. */
import type { DecoderConfig } from "../model/config.ts";
import type { LayerInput } from "../model/layer-inputs/modules.ts";
import type { LowRankConfig, StreamsConfig } from "../model/streams/config.ts";
import type { LayerStreams, LowRankLayer, Streams } from "../model/streams/modules.ts";
import type { ModuleBuilder } from "./module-builder.ts";

const rms = (epsilon: number) => ({ kind: "rmsnorm", epsilon, bias: false }) as const;

export function buildStreams(modules: ModuleBuilder, { streams }: DecoderConfig): Streams | undefined {
  if (streams === undefined) return undefined;
  const others = Array.from({ length: streams.count - 1 }, (_, i) => i);
  return {
    into: others.map((i) => modules.linear(`streams_into.${i}`)),
    outOf: others.map((i) => modules.linear(`streams_out_of.${i}`)),
  };
}

/** @param block such as `blocks.3` */
export function buildLayerStreams(
  modules: ModuleBuilder,
  block: string,
  { active, epsilon, scaled }: StreamsConfig,
  input: LayerInput | undefined,
): LayerStreams {
  const name = `${block}.streams`;
  const router = modules.linear(`${name}.router`);
  const scales = scaled ? modules.vector(`${name}.scales.weight`) : undefined;
  return {
    active,
    norm: modules.presentNorm(`${name}.router_norm`, rms(epsilon)),
    router,
    prediction: modules.linear(`${name}.prediction`),
    correction: modules.linear(`${name}.correction`),
    input,
    scales: scales && { ...scales, shape: [1, router.weight.inputs] },
  };
}

export const buildLowRank = (
  modules: ModuleBuilder,
  name: string,
  { epsilon }: LowRankConfig,
): LowRankLayer => ({
  down: modules.linear(`${name}.down`),
  up: modules.linear(`${name}.up`),
  norm: modules.presentNorm(`${name}.norm`, rms(epsilon)),
});
