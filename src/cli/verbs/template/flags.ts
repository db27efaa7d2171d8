/** Flags of `gpt template`. */
import { parseExactJson } from "../../../chat/jinja/values/json-values.ts";
import { GptError } from "../../../errors.ts";
import { expected, flagGroup, list, path, text, toggle, value } from "../../flags/flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

const own = { inherited: false };

/** `2024-07-26`, `2024-07-26 14:05`, `26 Jul 2024`: a time without a zone is local. */
function date(given: string): Date {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(given.trim());
  const parsed = new Date(isDay ? `${given.trim()}T00:00` : given);
  if (Number.isNaN(parsed.getTime())) throw expected("a date such as 2024-07-26", given);
  return parsed;
}

/** A value that is no JSON is a text. */
function variable(given: string) {
  const [, name, spelled = ""] = /^([A-Za-z_]\w*)=(.*)$/s.exec(given) ?? [];
  if (name === undefined) throw expected("NAME=VALUE, such as enable_thinking=false", given);
  try {
    return [name, parseExactJson(spelled)] as const;
  } catch (error) {
    if (error instanceof SyntaxError) return [name, spelled] as const;
    throw error;
  }
}

export const templateFlags = {
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
  ...flagGroup("Template:", {
    template: value(path, "A file with the template, or the name of one of the model's [the model's]", own),
    bos: value(text, "The text of the token that begins a text, for a template in a file"),
    eos: value(text, "The text of the token that ends a text, for a template in a file"),
    date: value(date, "The date that the template writes, such as 2024-07-26 [now]"),
    var: list(
      variable,
      "A variable of the template, such as enable_thinking=false; its value is JSON or text",
      own,
    ),
  }),
  ...flagGroup("Output:", {
    ids: toggle("The token ids of the prompt: what messages spell becomes no control token"),
  }),
  ...colorFlag,
};

export type TemplateArguments = ParsedFlags<typeof templateFlags>;

/** JSON of a file, or a usage error that says where it ends. */
export function jsonOf(content: string, file: string) {
  try {
    return parseExactJson(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GptError("invalid-file", `${file}: is not JSON: ${error.message}`);
  }
}
