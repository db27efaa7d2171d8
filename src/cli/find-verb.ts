/**
 * Finds the verb of a command line. yargs cannot: it knows a verb's flags only after the verb's module is
 * loaded.
 */

import { closest } from "../checks/closest.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { looksLikeFlag } from "./flags/command-line.ts";
import { nameOf, type Verb } from "./verb.ts";

/** Verbs of other tools (ollama, llama.cpp), and the command here that does the same. */
const elsewhere: Readonly<Record<string, string>> = {
  ls: "gpt models",
  list: "gpt models",
  show: "gpt inspect",
  run: "gpt chat, or gpt generate to continue a text",
};

/**
 * Finds the first word that is not a flag. A word behind a flag may be its value, unless it is a verb.
 *
 * @returns the arguments without the verb; undefined for a command line of flags alone
 * @throws GptError `usage` for a word that is no verb
 */
export function findVerb(
  argv: readonly string[],
  verbs: readonly Verb[],
): { readonly verb: Verb | undefined; readonly rest: readonly string[] } {
  if (argv[0] === "help") return findVerb([...argv.slice(1), "--help"], verbs);
  const find = (word: string | undefined) => verbs.find((verb) => nameOf(verb) === word);
  const at = argv.findIndex((argument, index) => {
    if (looksLikeFlag(argument) || argument === "--") return false;
    return !looksLikeFlag(argv[index - 1] ?? "") || find(argument) !== undefined;
  });
  const word = argv[at];
  if (word === undefined) return { verb: undefined, rest: argv };
  const verb = find(word);
  if (verb === undefined) throw unknownVerb(word, verbs.map(nameOf));
  return { verb, rest: [...argv.slice(0, at), ...argv.slice(at + 1)] };
}

function unknownVerb(word: string, names: readonly string[]): GptError {
  const near = closest(word, names);
  const same = Object.hasOwn(elsewhere, word) ? elsewhere[word] : undefined;
  const advice = near
    ? `did you mean gpt ${near}?`
    : `${same ? `here it is ${same}; ` : ""}to continue a text: gpt generate ${quote(word)}`;
  return new GptError("usage", `unknown command ${quote(word)}; ${advice}`);
}
