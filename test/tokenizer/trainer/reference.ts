/** Byte-pair encoding's training as the paper has it: all pairs are counted again for every merge. */
import { toByteLevel } from "../../../src/tokenizer/bpe/byte-level.ts";

const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The first merges of a text, as merges.txt lists them. */
export function frequentPairs(text: string, merges: number): string[] {
  const words = [...text.matchAll(WORDS)].map(([word]) => [...toByteLevel(word)]);
  const made: string[] = [];
  /** Earlier tokens first: single characters in their order, then merges. */
  const rank = (token: string) =>
    token.length === 1 ? (token.codePointAt(0) ?? 0) : 1e6 + made.indexOf(token);
  const pairs: string[] = [];
  for (let merge = 0; merge < merges; merge++) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const most = Math.max(...counts.values());
    const equals = [...counts].filter(([, count]) => count === most).map(([pair]) => pair.split(" "));
    const [best] = equals.sort(
      ([a = "", b = ""], [c = "", d = ""]) => rank(a) - rank(c) || rank(b) - rank(d),
    );
    const [left = "", right = ""] = best ?? [];
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, left + right);
      }
    }
    made.push(left + right);
    pairs.push(`${left} ${right}`);
  }
  return pairs;
}
