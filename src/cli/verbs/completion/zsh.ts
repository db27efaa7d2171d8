/** Completion for zsh: a specification of _arguments for each verb. */
import type { Completion } from "../../flags/flags.ts";
import { type FlagWord, quoted, type VerbWord, type Word } from "./vocabulary.ts";

export const zshScript = (verbs: readonly VerbWord[]): string => `#compdef gpt
# gpt: completion for zsh. In a directory of $fpath, as _gpt; or in ~/.zshrc: eval "$(gpt completion zsh)"
_gpt_models() {
  local -a names
  names=(\${(f)"$(gpt models --names 2> /dev/null)"})
  _alternative 'models:model:compadd -a names' 'files:file:_files'
}
_gpt() {
  local context state state_descr line
  local -a verbs
  typeset -A opt_args
  verbs=(
${verbs.map((verb) => `    ${quoted(described(verb))}`).join("\n")}
  )
  _arguments -C '(-h --help)'{-h,--help}'[Show this help]' '(-V --version)'{-V,--version}'[Show the version]' \\
    '1:command:->verb' '*::argument:->argument'
  case $state in
    verb) _describe command verbs ;;
    argument)
      case $words[1] in
${verbs.map(verbCase).join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _gpt ]]; then _gpt "$@"; else compdef _gpt gpt; fi
`;

const described = ({ name, describe }: Word): string => `${name}:${describe.replaceAll(":", "\\:")}`;

function verbCase({ name, flags, positional, next }: VerbWord): string {
  const specifications = [
    ...flags.map(specification),
    ...(next === undefined ? [] : [quoted(`1:argument:${action(positional)}`)]),
    quoted(`*:argument:${action(next ?? positional)}`),
  ];
  return `        ${name}) _arguments -s -S \\\n          ${specifications.join(" \\\n          ")} ;;`;
}

/** `'(-k --top-k)'{-k,--top-k}'[Keep the K likeliest tokens]:top-k: '`. */
function specification({ name, spellings, describe, takesValue, repeatable, completion }: FlagWord): string {
  const once = repeatable ? "'*'" : quoted(`(${spellings.join(" ")})`);
  const names = spellings.length > 1 ? `{${spellings.join(",")}}` : spellings.join();
  const value = takesValue ? `:${name}:${action(completion)}` : "";
  return `${once}${names}${quoted(`[${describe.replace(/[[\]\\]/g, "\\$&")}]${value}`)}`;
}

function action(completion: Completion | undefined): string {
  if (completion === "file") return "_files";
  if (completion === "model") return "_gpt_models";
  return completion === undefined ? " " : `(${completion.join(" ")})`;
}
