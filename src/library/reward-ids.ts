/** The ids that a reward model reads of a text, or of a completion of a prompt. */
import type { PromptReader } from "../chat/template/written-prompt.ts";
import { textOf } from "../files/written.ts";
import { endedTextIds } from "../text/completion-ids.ts";
import type { PipelineTokenizer } from "../tokenizer/index.ts";
import { inputOf } from "./reading.ts";
import type { ReadIds } from "./reward-model.ts";

/** As a reward model learns: the token that ends a text stands behind it. */
export function decoderIds(prompts: PromptReader): ReadIds {
  const { tokenizer } = prompts;
  return (text, prompt) => {
    if (typeof text === "string" && (prompt === undefined || (typeof prompt === "string" && prompt !== "")))
      return endedTextIds(tokenizer, `${prompt ?? ""}${text}`);
    if (prompt === undefined && typeof text !== "string") return prompts.whole(text, PLACE);
    const asked = prompts.read(prompt ?? "", PLACE);
    return [...asked.ids, ...asked.completion(text)];
  };
}

/** Of texts and messages in errors. */
const PLACE = "the text";

/** An encoder reads prompt and completion as a pair. */
export const encoderIds =
  (tokenizer: PipelineTokenizer): ReadIds =>
  (text, prompt) => {
    const own = textOf(text);
    return (
      prompt === undefined ? inputOf(tokenizer, own, {}) : inputOf(tokenizer, textOf(prompt), { pair: own })
    ).ids;
  };
