/** The speculation that settings ask for. */

import type { LogitsSource } from "../logits-source.ts";
import type { GenerateSettings } from "../options/settings.ts";
import { lookupDrafter } from "./lookup-drafter.ts";
import { ModelDrafter } from "./model-drafter.ts";
import { SpeculativeSource } from "./speculative-source.ts";

/** @returns undefined if the settings ask for none */
export function speculation(
  source: LogitsSource,
  settings: Pick<GenerateSettings, "lookup" | "draft" | "draftMax">,
): SpeculativeSource | undefined {
  if (settings.draft !== undefined) {
    return new SpeculativeSource(source, new ModelDrafter(settings.draft), settings.draftMax);
  }
  return settings.lookup > 0 ? new SpeculativeSource(source, lookupDrafter, settings.lookup) : undefined;
}
