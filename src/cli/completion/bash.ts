/** Completion for bash, 3.2 and newer: a function that bash calls with the words typed so far. */
import type { Completion } from "../arguments/flags.ts";
import { quoted, type VerbWord } from "./vocabulary.ts";

export function bashScript(verbs: readonly VerbWord[]): string {
  const names = verbs.map(({ name }) => name);
  return `# gpt: completion for bash. In ~/.bashrc: eval "$(gpt completion bash)"
_gpt_offer() {
  local words=$1 word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W '$words' -- "$2")
}
_gpt() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb="" flags="" words="" i
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${names.join("|")}) verb=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case "$verb $prev" in
${valueCases(verbs)}
  esac
  case $verb in
${verbs.map(verbCase).join("\n")}
    *) flags=${quoted("--help --version")} words=${quoted(names.join(" "))} ;;
  esac
  if [[ $cur == -* ]]; then words=$flags; fi
  _gpt_offer "$words" "$cur"
  ${noFiles}
}
complete -o default -F _gpt gpt
`;
}

/** Where nothing is offered bash offers files, unless it is told not to. */
const noFiles = "compopt +o default 2> /dev/null";

const modelNames = '$("$1" models --names 2> /dev/null)';

/** After a flag that takes a value: flags for which the same is done stand together. */
function valueCases(verbs: readonly VerbWord[]): string {
  const patterns = new Map<string, string[]>();
  for (const { name, flags } of verbs) {
    for (const { spellings, takesValue, completion } of flags) {
      if (!takesValue) continue;
      const action = valueAction(completion);
      const flagPatterns = spellings.map((spelling) => `"${name} ${spelling}"`);
      patterns.set(action, [...(patterns.get(action) ?? []), ...flagPatterns]);
    }
  }
  return [...patterns].map(([action, flags]) => `    ${flags.join("|")}) ${action} ;;`).join("\n");
}

function valueAction(completion: Completion | undefined): string {
  if (completion === "file") return "return";
  if (completion === "model") return `_gpt_offer "${modelNames}" "$cur"; return`;
  if (completion === undefined) return `${noFiles}; return`;
  return `_gpt_offer ${quoted(completion.join(" "))} "$cur"; return`;
}

function verbCase({ name, flags, positional }: VerbWord): string {
  const spellings = flags.map((flag) => `--${flag.name}`).join(" ");
  const words = typeof positional === "object" ? ` words=${quoted(positional.join(" "))}` : "";
  const models = positional === "model" ? ` words="${modelNames}"` : "";
  return `    ${name}) flags=${quoted(spellings)}${words}${models} ;;`;
}
