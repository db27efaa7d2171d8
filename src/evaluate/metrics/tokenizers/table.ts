/**
 * Tokenizers of BLEU, by the names in signatures. Each returns a text whose words stand between white space.
 */
import { tokenizeChinese } from "./chinese.ts";
import { tokenizeInternational } from "./international.ts";
import { tokenize13a } from "./mteval-13a.ts";

export type MetricTokenizer = "13a" | "intl" | "char" | "zh" | "none";

export const metricTokenizers: Readonly<Record<MetricTokenizer, (text: string) => string>> = {
  "13a": tokenize13a,
  intl: tokenizeInternational,
  char: (text) => [...text].join(" "),
  zh: tokenizeChinese,
  none: (text) => text,
};
