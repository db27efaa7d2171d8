/**
 * Refuses, by name, what a config can ask for and the kernels do not compute yet. This is the only such
 * place.
 */
import { GptError } from "../errors.ts";
import type { AttentionConfig, BranchConfig, DecoderConfig, LayerConfig } from "./config.ts";
import { attentionsOf } from "./mixers.ts";

/** @throws GptError `invalid-file` naming the first such property and its layer. @param path of the model */
export function refuseUnsupported(path: string, config: DecoderConfig): void {
  const fail = (what: string) => new GptError("invalid-file", `${path}: ${what}, which is not supported yet`);
  const whole = first(wholeConfig(config));
  if (whole !== undefined) throw fail(whole);
  for (const layer of new Set(config.layers)) {
    const found = first(layerConfig(layer));
    if (found !== undefined) throw fail(`layer ${config.layers.indexOf(layer)} has ${found}`);
  }
}

/**
 * Refuses what runs, and has no backward pass yet.
 *
 * @throws GptError `usage`
 */
export function refuseUntrainable(path: string, { layers }: DecoderConfig): void {
  const fail = (what: string) => new GptError("usage", `${path}: ${what}, which cannot be trained yet`);
  if (layers.some(({ mlp }) => mlp.kind === "experts")) throw fail("is a mixture of experts");
  if (layers.some(({ mixer }) => mixer.kind !== "attention")) throw fail("has recurrent layers");
  if (attentionsOf({ layers }).some(({ outputGate }) => outputGate)) throw fail("has gates of attention");
}

/** Name of a property, and whether the config has it. */
type Check = readonly [name: string, isAsked: boolean];

const first = (checks: readonly Check[]): string | undefined => checks.find(([, isAsked]) => isAsked)?.[0];

const wholeConfig = ({ embedding, head }: DecoderConfig): Check[] => [
  ["the token embedding is scaled", embedding.scale !== 1],
  ["the logits are scaled", head.kind === "tokens" && head.scale !== 1],
  ["the logits are capped", head.kind === "tokens" && head.softCap !== undefined],
];

function layerConfig({ mixer, mlp, ...branches }: LayerConfig): Check[] {
  return [
    ...(mixer.kind === "attention" ? attentionConfig(mixer) : []),
    [`a gated MLP with ${mlp.activation}`, mlp.gated && mlp.activation !== "silu"],
    ...branchConfig(branches.attentionBranch),
    ...branchConfig(branches.mlpBranch),
  ];
}

const attentionConfig = (attention: AttentionConfig): Check[] => [
  ["attention sinks", attention.sinks],
  ["attention with relative position biases", attention.scoreBias.kind === "relative"],
];

const branchConfig = ({ scale }: BranchConfig): Check[] => [["a scaled residual branch", scale !== 1]];
