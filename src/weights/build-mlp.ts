/** Builds the feed-forward layer or the mixture of experts of a block. */
import type {
  ExpertsMlp,
  FeedForward as FeedForwardConfig,
  MlpConfig,
  SharedExpert as SharedExpertConfig,
} from "../model/config.ts";
import type { AdaptedExperts } from "../model/linear.ts";
import type { DenseMlp, Experts, FeedForward, SharedExpert } from "../model/modules.ts";
import { normalQuantile } from "../model/normal-distribution.ts";
import type { ModuleBuilder } from "./module-builder.ts";

/** @param name of the layer, such as `blocks.3.mlp` */
export const buildMlp = (modules: ModuleBuilder, name: string, config: MlpConfig): DenseMlp | Experts =>
  config.kind === "dense"
    ? { kind: config.kind, ...feedForward(modules, name, config) }
    : mixture(modules, name, config);

const feedForward = (modules: ModuleBuilder, name: string, config: FeedForwardConfig): FeedForward => ({
  config,
  cutoff: config.sparsity ? normalQuantile(config.sparsity) : undefined,
  active: `${name}.active`,
  up: modules.linear(`${name}.up`),
  down: modules.linear(`${name}.down`),
});

function mixture(modules: ModuleBuilder, name: string, config: ExpertsMlp): Experts {
  const { kind, routing, shared, active, before, after } = config;
  return {
    kind,
    name: `${name}.experts`,
    config,
    router: {
      rule: routing,
      active,
      norm: modules.norm(`${name}.router_norm`, routing.norm),
      linear: modules.linear(`${name}.router`),
      correction: modules.bias(`${name}.router_correction`),
      expertScales: routing.expertScales ? modules.vector(`${name}.router_scales.weight`) : undefined,
    },
    before: modules.norm(`${name}.experts_norm`, before),
    after: modules.norm(`${name}.experts_output_norm`, after),
    up: ofExperts(modules, `${name}.experts.up`, config),
    down: ofExperts(modules, `${name}.experts.down`, config),
    shared: shared && sharedExpert(modules, name, shared),
  };
}

const ofExperts = (modules: ModuleBuilder, name: string, { count, bias }: ExpertsMlp): AdaptedExperts => ({
  name,
  weights: modules.ofExperts(name, count, "weight"),
  biases: bias ? modules.ofExperts(name, count, "bias").addresses : undefined,
  adapters: modules.adaptersOfExperts(name, count),
});

const sharedExpert = (modules: ModuleBuilder, name: string, config: SharedExpertConfig): SharedExpert => ({
  before: modules.norm(`${name}.shared_norm`, config.before),
  mlp: feedForward(modules, `${name}.shared`, config),
  gate: config.gate ? modules.linear(`${name}.shared_gate`) : undefined,
  after: modules.norm(`${name}.shared_output_norm`, config.after),
});
