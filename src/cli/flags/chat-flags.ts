/** Flags of verbs that make prompts with a chat template. */
import { expected, flagGroup, list, path, text, value } from "./flags.ts";

const own = { inherited: false };

/** `2024-07-26`, `2024-07-26 14:05`, `26 Jul 2024`: a time without a zone is local. */
function date(given: string): Date {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(given.trim());
  const parsed = new Date(isDay ? `${given.trim()}T00:00` : given);
  if (Number.isNaN(parsed.getTime())) throw expected("a date such as 2024-07-26", given);
  return parsed;
}

/** Its value is read when a template needs it. */
function variable(given: string): readonly [name: string, spelled: string] {
  const [, name, spelled = ""] = /^([A-Za-z_]\w*)=(.*)$/s.exec(given) ?? [];
  if (name === undefined) throw expected("NAME=VALUE, such as enable_thinking=false", given);
  return [name, spelled];
}

export const templateFlags = flagGroup("Chat:", {
  template: value(path, "A file with the template, or the name of one of the model's [the model's]", own),
  date: value(date, "The date that the template writes, such as 2024-07-26 [now]"),
  var: list(
    variable,
    "A variable of the template, such as enable_thinking=false; its value is JSON or text",
    own,
  ),
});

export const systemFlag = flagGroup("Chat:", {
  system: value(text, "The system prompt: how the model is to answer"),
});
