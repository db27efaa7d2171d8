/** Token ids as text. `gpt tokenize --ids` writes them; `gpt detokenize` and `--ids` read them. */

import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";

export const formatIds = (ids: Iterable<number>): string => [...ids].join(" ");

/**
 * Reads `1 2 3`, `1,2,3` and `[1, 2, 3]`.
 *
 * @throws GptError `usage` for anything that is not a whole number
 */
export function parseIds(text: string): number[] {
  const list = text
    .trim()
    .replace(/^\[(.*)\]$/s, "$1")
    .trim();
  if (list === "") return [];
  return list.split(/\s*,\s*|\s+/).map((word) => {
    if (/^\d{1,15}$/.test(word)) return Number(word);
    const found = word === "" ? "a comma without one" : quote(word);
    throw new GptError("usage", `expected token ids such as 1,2,3, found ${found}`);
  });
}
