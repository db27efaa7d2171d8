/** Builds the heads of latent attention. */

import type { LatentConfig } from "../model/attention/latent-config.ts";
import type { AttentionConfig } from "../model/config.ts";
import type { LatentHeads } from "../model/modules.ts";
import type { ModuleBuilder } from "./module-builder.ts";

export function buildLatent(
  modules: ModuleBuilder,
  name: string,
  { nHead, headDim }: AttentionConfig,
  { queryRank, rank, rotated, epsilon }: LatentConfig,
): LatentHeads {
  const norm = { kind: "rmsnorm", epsilon, bias: false } as const;
  const isShort = queryRank !== undefined;
  return {
    sizes: { nHead, rank, rotated, fixed: headDim - rotated },
    queries: {
      down: isShort ? modules.linear(`${name}.query_down`) : undefined,
      downNorm: isShort ? modules.presentNorm(`${name}.query_down_norm`, norm) : undefined,
      up: modules.linear(`${name}.query`),
    },
    latent: {
      down: modules.linear(`${name}.latent`),
      norm: modules.presentNorm(`${name}.latent_norm`, norm),
    },
    keys: modules.ofExperts(`${name}.keys_of_heads`, nHead, "weight"),
    values: modules.ofExperts(`${name}.values_of_heads`, nHead, "weight"),
  };
}
