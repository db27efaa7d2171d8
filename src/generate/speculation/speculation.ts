/** Which guesses a generation speculates with. */

import type { LogitsSource } from "../logits-source.ts";
import type { GenerateSettings } from "../options/settings.ts";
import { Draft } from "./draft.ts";
import { lookup } from "./lookup.ts";
import { SpeculativeSource } from "./speculative-source.ts";

/** @returns undefined where the settings ask for no guesses */
export function speculation(
  source: LogitsSource,
  settings: Pick<GenerateSettings, "lookup" | "draft" | "draftMax">,
): SpeculativeSource | undefined {
  if (settings.draft !== undefined) {
    return new SpeculativeSource(source, new Draft(settings.draft), settings.draftMax);
  }
  return settings.lookup > 0 ? new SpeculativeSource(source, lookup, settings.lookup) : undefined;
}
