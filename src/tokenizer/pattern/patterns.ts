/**
 * The patterns that models split text with before BPE, as they were published (see regex.ts for the syntax).
 */

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const capitals = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const smalls = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const lead = "[^\\r\\n\\p{L}\\p{N}]?";
const space = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const symbols = " ?[^\\s\\p{L}\\p{N}]+";

export const patterns = {
  /** GPT-2 (Radford et al. 2019) and GPT-3. */
  gpt2: `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${symbols}|\\s+(?!\\S)|\\s+`,
  /** GPT-4 and Llama 3: a word takes any character before it along, digits come in threes. */
  cl100k: `${contraction}|${lead}\\p{L}+|\\p{N}{1,3}|${symbols}[\\r\\n]*|${space}`,
  /** Qwen 2: as cl100k, but digits one by one. */
  qwen2: `${contraction}|${lead}\\p{L}+|\\p{N}|${symbols}[\\r\\n]*|${space}`,
  /** GPT-4o: a word also ends before a capital, and keeps its contraction. */
  o200k: `${lead}${capitals}*${smalls}+${contraction}?|${lead}${capitals}+${smalls}*${contraction}?|\\p{N}{1,3}|${symbols}[\\r\\n/]*|${space}`,
  /** Mistral Nemo. */
  tekken: `${lead}${capitals}*${smalls}+|${lead}${capitals}+${smalls}*|\\p{N}|${symbols}[\\r\\n/]*|${space}`,
  digit: "\\p{N}",
  digits: "\\p{N}+",
  threeDigits: "[0-9][0-9][0-9]",
  punctuation: "[\\p{P}$+<=>^~|]+",
  falconPunctuation: "[\\p{P}$+<=>^~|`]+",
} as const;

export type PatternName = keyof typeof patterns;
