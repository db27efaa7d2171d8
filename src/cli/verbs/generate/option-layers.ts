/** Sampling flags -> layers of options: typed flags, the environment's, a config file's. */
import { besideOthers } from "../../../generate/options/combinations.ts";
import type { DraftModel, GenerateOptions } from "../../../generate/options/options.ts";
import type { OptionLayers } from "../../../generate/options/resolve-options.ts";
import { flagNameOf } from "../../flags/option-names.ts";
import { generateOptions } from "../../flags/sampling-flags.ts";
import type { GenerateArguments } from "./flags.ts";

type Layers = Omit<OptionLayers, "checkpoint">;

/** @param draft the model of --draft, once it is loaded */
export function layersOf(flags: GenerateArguments, draft?: DraftModel): Layers {
  const { inherited, fromFile = new Set() } = flags;
  const options = Object.entries({ ...generateOptions(flags), ...(draft && { draft }) });
  const layer = (isIn: (flag: string) => boolean): GenerateOptions =>
    Object.fromEntries(options.filter(([option]) => isIn(flagNameOf(option))));
  return {
    typed: layer((flag) => !inherited.has(flag)),
    environment: layer((flag) => inherited.has(flag) && !fromFile.has(flag)),
    file: layer((flag) => fromFile.has(flag)),
  };
}

/** Options of the flags before the model is loaded. */
export function askedOptions(flags: GenerateArguments): GenerateOptions {
  const { typed = {}, environment, file } = layersOf(flags);
  return { ...besideOthers(typed, { ...file, ...environment }).options, ...typed };
}
