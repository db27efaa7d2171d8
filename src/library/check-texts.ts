/** Options that are about texts. */
import { OptionError, optionNamed } from "../checks/option-error.ts";
import { constraintOf } from "../constrain/notations/table.ts";
import { GptError } from "../errors.ts";
import type { GenerateSettings } from "../generate/options/settings.ts";

/** @throws GptError `usage` for texts without a tokenizer, and for a grammar that is none or not supported */
export function checkTexts(settings: GenerateSettings, hasTokenizer: boolean): void {
  const constraint = constraintOf(settings);
  if (hasTokenizer) return;
  if (settings.stop.length + settings.ban.length > 0) {
    const [stop, ban] = ["stop", "ban"].map(optionNamed);
    throw new OptionError("usage", `${stop} and ${ban} are texts: this model came without tokenizer files`);
  }
  if (constraint !== undefined) {
    throw new GptError("usage", "a grammar is over texts: this model came without tokenizer files");
  }
}
