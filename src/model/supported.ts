/**
 * Refuses, by name, what a config can ask for and the kernels do not compute yet. This is the only such
 * place.
 */
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "./config.ts";

/** @throws GptError `invalid-file` naming the property and its layer. @param path of the model */
export function refuseUnsupported(path: string, { layers, encoder }: DecoderConfig): void {
  if (encoder !== undefined) refuseUnsupported(path, encoder.body);
  const layer = layers.findIndex(({ mlp }) => mlp.activation === "clamped_swiglu" && !mlp.gated);
  if (layer < 0) return;
  const found = "has an MLP with clamped_swiglu and without a gate, which is not supported yet";
  throw new GptError("invalid-file", `${path}: layer ${layer} ${found}`);
}
