/** Completion for fish: a line for each verb and each flag. */
import type { Completion } from "../../flags/flags.ts";
import type { FlagWord, VerbWord } from "./vocabulary.ts";

export const fishScript = (
  verbs: readonly VerbWord[],
): string => `# gpt: completion for fish. As ~/.config/fish/completions/gpt.fish
complete -c gpt -f
complete -c gpt -n __fish_use_subcommand -s h -l help -d 'Show this help'
complete -c gpt -n __fish_use_subcommand -s V -l version -d 'Show the version'
${verbs.map(verbLines).join("\n")}
`;

function verbLines({ name, describe, flags, positional, next }: VerbWord): string {
  const inVerb = `complete -c gpt -n '__fish_seen_subcommand_from ${name}'`;
  const words = typeof positional === "object" ? positional.join(" ") : "";
  const after = `complete -c gpt -n '__fish_seen_subcommand_from ${name}; and __fish_seen_subcommand_from ${words}'`;
  return [
    `complete -c gpt -n __fish_use_subcommand -a ${name} -d ${quoted(describe)}`,
    ...(positional === undefined ? [] : [`${inVerb} ${offer(positional)}`]),
    ...(next === undefined ? [] : [`${after} ${offer(next)}`]),
    ...flags.map((flag) => `${inVerb} ${flagOptions(flag)}`),
  ].join("\n");
}

function flagOptions({ name, spellings, describe, takesValue, completion }: FlagWord): string {
  const short = spellings
    .filter((spelling) => !spelling.startsWith("--"))
    .map((spelling) => `-s ${spelling[1]} `);
  const value = takesValue ? ` -r ${completion === undefined ? "-f" : offer(completion)}` : "";
  return `${short}-l ${name}${value} -d ${quoted(describe)}`;
}

function offer(completion: Completion): string {
  if (completion === "file") return "-F";
  if (completion === "model") return "-F -a '(gpt models --names 2> /dev/null)'";
  return `-f -a ${quoted(completion.join(" "))}`;
}

/** In fish's single quotes a backslash escapes a quote and itself. */
const quoted = (word: string): string => `'${word.replace(/['\\]/g, "\\$&")}'`;
