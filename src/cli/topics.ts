/** Pages of `gpt help` that are not about one command. */

import { closest } from "../checks/closest.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { environmentPage } from "./environment-page.ts";
import { exitCodesPage } from "./exit-codes.ts";
import { nameOf, type Verb } from "./verb.ts";

export interface Topic {
  readonly name: string;
  readonly describe: string;
  readonly page: (verbs: readonly Verb[]) => Promise<string>;
}

export const topics: readonly Topic[] = [
  { name: "environment", describe: "Flags as variables and in a config file", page: environmentPage },
  { name: "exit-codes", describe: "What the exit status says", page: async () => exitCodesPage() },
];

/**
 * @returns undefined for a verb, which has a help page of its own
 * @throws GptError `usage` for a word without help
 */
export async function topicPage(word: string, verbs: readonly Verb[]): Promise<string | undefined> {
  const topic = topics.find(({ name }) => name === word);
  if (topic !== undefined) return await topic.page(verbs);
  const names = verbs.map(nameOf);
  if (names.includes(word)) return undefined;
  const words = [...topics.map(({ name }) => name), ...names];
  const near = closest(word, words);
  const advice = near ? `did you mean gpt help ${near}?` : `there is help on ${words.join(", ")}`;
  throw new GptError("usage", `no help on ${quote(word)}; ${advice}`);
}
