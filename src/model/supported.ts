/**
 * Refuses, by name, what a config can ask for and the kernels do not compute yet. This is the only such
 * place.
 */
import { GptError } from "../errors.ts";
import type { DecoderConfig, LayerConfig } from "./config.ts";
import { attentionsOf } from "./mixers.ts";

/** @throws GptError `invalid-file` naming the first such property and its layer. @param path of the model */
export function refuseUnsupported(path: string, config: DecoderConfig): void {
  const fail = (what: string) => new GptError("invalid-file", `${path}: ${what}, which is not supported yet`);
  if (config.encoder !== undefined) refuseUnsupported(path, config.encoder.body);
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
export function refuseUntrainable(path: string, { layers, encoder }: DecoderConfig): void {
  const fail = (what: string) => new GptError("usage", `${path}: ${what}, which cannot be trained yet`);
  if (encoder !== undefined) throw fail("is an encoder-decoder");
  if (layers.some(({ input, scaled }) => input || scaled)) throw fail("has inputs or factors of layers");
  if (layers.some(({ mlp }) => mlp.kind === "experts")) throw fail("is a mixture of experts");
  if (layers.some(({ mixer }) => mixer.kind !== "attention")) throw fail("has recurrent layers");
  if (attentionsOf({ layers }).some(({ latent }) => latent)) throw fail("has latent attention");
  if (attentionsOf({ layers }).some(({ outputGate }) => outputGate)) throw fail("has gates of attention");
}

/** Name of a property, and whether the config has it. */
type Check = readonly [name: string, isAsked: boolean];

const first = (checks: readonly Check[]): string | undefined => checks.find(([, isAsked]) => isAsked)?.[0];

const layerConfig = ({ mlp }: LayerConfig): Check[] => [
  ["an MLP with clamped_swiglu and without a gate", mlp.activation === "clamped_swiglu" && !mlp.gated],
];
