import { checkOptions } from "../../src/checks/rules.ts";
import type { GenerateOptions } from "../../src/generate/options/options.ts";
import { resolveOptions } from "../../src/generate/options/resolve-options.ts";
import { type GenerateSettings, rules } from "../../src/generate/options/settings.ts";

/** Settings of a caller's options, whether or not they go together. @param vocabSize of a made-up model */
export function resolveSettings(options: GenerateOptions, vocabSize: number): GenerateSettings {
  const checked = checkOptions(options, rules);
  const { logitBias } = checked;
  const { settings } = resolveOptions({ typed: logitBias ? { logitBias } : {} }, { vocabSize });
  return { ...settings, ...checked };
}
