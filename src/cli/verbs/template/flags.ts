/** Flags of `gpt template`. */
import { parseExactJson } from "../../../chat/jinja/values/json-values.ts";
import { GptError } from "../../../errors.ts";
import { templateFlags } from "../../flags/chat-flags.ts";
import { flagGroup, path, text, toggle, value } from "../../flags/flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

const own = { inherited: false };

export const verbFlags = {
  ...flagGroup("Messages:", {
    messages: value(
      path,
      'A file with a list of messages, each {"role": .., "content": ..} (-: standard input)',
      own,
    ),
    tools: value(path, "A file with a list of functions that the model may call, as JSON schemas", own),
    "no-generation-prompt": toggle("Leave out the beginning of the answer"),
  }),
  ...modelFlag,
  ...templateFlags,
  ...flagGroup("Chat:", {
    bos: value(text, "The text of the token that begins a text, for a template in a file"),
    eos: value(text, "The text of the token that ends a text, for a template in a file"),
  }),
  ...flagGroup("Output:", {
    ids: toggle("The token ids of the prompt: what messages spell becomes no control token"),
  }),
  ...colorFlag,
};

export type TemplateArguments = ParsedFlags<typeof verbFlags>;

/** JSON of a file, or a usage error that says where it ends. */
export function jsonOf(content: string, file: string) {
  try {
    return parseExactJson(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GptError("invalid-file", `${file}: is not JSON: ${error.message}`);
  }
}
