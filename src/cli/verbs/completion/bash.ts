/** Completion for bash, 3.2 and newer: a function that bash calls with the words typed so far. */
import type { Completion } from "../../flags/flags.ts";
import { quoted, type VerbWord } from "./vocabulary.ts";

export function bashScript(verbs: readonly VerbWord[]): string {
  const names = verbs.map(({ name }) => name);
  return `# gpt: completion for bash. In ~/.bashrc: eval "$(gpt completion bash)"
# _gpt_offer TYPED WORDS: of the words, a line each, those that begin with what is typed
_gpt_offer() {
  local typed=\${1#[\\'\\"]} word spelled
  while IFS= read -r word; do
    if [[ $typed == "$1" ]]; then printf -v spelled %q "$word"; else spelled=$word; fi
    if [[ -n $word && ($word == "$typed"* || $spelled == "$typed"*) ]]; then COMPREPLY+=("$spelled"); fi
  done <<< "$2"
}
_gpt() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb="" flags="" words="" files="" i
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
    *) flags=${lines(["--help", "--version"])} words=${lines(names)} ;;
  esac
  if [[ $cur == -* ]]; then words=$flags files=""; fi
  _gpt_offer "$cur" "$words"
  if [[ -z $files ]]; then ${noFiles}; fi
}
complete -o default -F _gpt gpt
`;
}

/** bash offers files if the function offers nothing. This line switches that off. */
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
  if (completion === "model") return `_gpt_offer "$cur" "${modelNames}"; return`;
  if (completion === undefined) return `${noFiles}; return`;
  return `_gpt_offer "$cur" ${lines(completion)}; return`;
}

function verbCase({ name, flags, positional, next }: VerbWord): string {
  const spellings = flags.map((flag) => `--${flag.name}`);
  const typed = typeof positional === "object" && next ? positional.join("|") : undefined;
  const then = typed
    ? `; if [[ " \${COMP_WORDS[*]:1:COMP_CWORD-1} " =~ \\ (${typed})\\  ]]; then${offer(next)}; fi`
    : "";
  return `    ${name}) flags=${lines(spellings)}${offer(positional)}${then} ;;`;
}

/** Assigns the words, and whether bash offers files when none of them fits. */
function offer(completion: Completion | undefined): string {
  if (completion === undefined) return "";
  if (completion === "file") return ' words="" files=1';
  if (completion === "model") return ` words="${modelNames}" files=1`;
  return ` words=${lines(completion)}`;
}

/** Between the quotes of bash that know `\n`. */
const lines = (words: readonly string[]): string => `$${quoted(words.join("\\n"))}`;
