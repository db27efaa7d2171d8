/**
 * The stemmer of Porter (1980, "An algorithm for suffix stripping") with the changes that NLTK makes by
 * default: ROUGE's cited numbers depend on them. The npm package `stemmer` has none of these changes.
 *
 * The measure m of a stem is the number of times that consonants follow vowels in it.
 */

/** A word that ends in `suffix` becomes stem + `replacement` if the stem holds the condition. */
type Rule = readonly [suffix: string, replacement: string, holds: (stem: string, word: string) => boolean];

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

/** @param word in lower case */
export function porterStem(word: string): string {
  const known = IRREGULAR.get(word);
  if (known !== undefined) return known;
  if (word.length <= 2) return word;
  const steps = [plural, pastOrProgressive, finalY, longSuffix, shorterSuffix, lastSuffix, finalE, doubleL];
  return steps.reduce((stem, step) => step(stem), word);
}

const always = (): boolean => true;
const positive = (stem: string): boolean => measure(stem) > 0;
const long = (stem: string): boolean => measure(stem) > 1;

const rules = (holds: Rule[2], table: string): readonly Rule[] =>
  table
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [suffix = "", replacement = ""] = entry.split(">");
      return [suffix, replacement, holds];
    });

/** Step 1a. NLTK: `dies` becomes `die`. */
const plural = (word: string): string =>
  word.length === 4 && word.endsWith("ies")
    ? `${word.slice(0, -3)}ie`
    : apply(word, rules(always, "sses>ss ies>i ss>ss s>"));

/** Step 1b. NLTK: `tied` becomes `tie`, `cried` becomes `cri`. */
function pastOrProgressive(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, -3) + (word.length === 4 ? "ie" : "i");
  if (word.endsWith("eed")) return positive(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const suffix = ["ed", "ing"].find((end) => word.endsWith(end) && hasVowel(word.slice(0, -end.length)));
  if (suffix === undefined) return word;
  const stem = word.slice(0, -suffix.length);
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && isShort(stem) ? `${stem}e` : stem;
}

/** Step 1c. NLTK: after a consonant that is not the first letter, so `enjoy` and `by` stay. */
const finalY = (word: string): string =>
  apply(word, [["y", "i", (stem) => stem.length > 1 && isConsonant(stem, stem.length - 1)]]);

const LONG_SUFFIXES: readonly Rule[] = [
  ...rules(positive, "ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e"),
  ...rules(positive, "ousli>ous ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful"),
  ...rules(positive, "ousness>ous aliti>al iviti>ive biliti>ble fulli>ful"),
  ["logi", "log", (_, word) => positive(word.slice(0, -3))],
];

/** Step 2. NLTK: `alli` first, and what is left runs through the step again; `fulli`; `logi` with its l. */
const longSuffix = (word: string): string =>
  word.endsWith("alli") && positive(word.slice(0, -4))
    ? longSuffix(word.slice(0, -2))
    : apply(word, LONG_SUFFIXES);

const SHORTER_SUFFIXES = rules(positive, "icate>ic ative> alize>al iciti>ic ical>ic ful> ness>");

/** Step 3. */
const shorterSuffix = (word: string): string => apply(word, SHORTER_SUFFIXES);

const LAST_SUFFIXES: readonly Rule[] = [
  ...rules(long, "al> ance> ence> er> ic> able> ible> ant> ement> ment> ent>"),
  ["ion", "", (stem) => long(stem) && /[st]$/.test(stem)],
  ...rules(long, "ou> ism> ate> iti> ous> ive> ize>"),
];

/** Step 4. */
const lastSuffix = (word: string): string => apply(word, LAST_SUFFIXES);

/** Step 5a. */
function finalE(word: string): string {
  const stem = word.slice(0, -1);
  const falls = long(stem) || (positive(stem) && !isShort(stem));
  return word.endsWith("e") && falls ? stem : word;
}

/** Step 5b. */
const doubleL = (word: string): string => apply(word, [["ll", "l", () => long(word.slice(0, -1))]]);

/** The first rule whose suffix the word has decides, whether it holds or not. */
function apply(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, holds] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return holds(stem, word) ? stem + replacement : word;
}

/** A y after a consonant is a vowel. */
function isConsonant(word: string, i: number): boolean {
  if (word[i] === "y") return i === 0 || !isConsonant(word, i - 1);
  return !/[aeiou]/.test(word[i] ?? "");
}

const shape = (word: string): string =>
  Array.from({ length: word.length }, (_, i) => (isConsonant(word, i) ? "c" : "v")).join("");

const measure = (stem: string): number => shape(stem).split("vc").length - 1;

const hasVowel = (stem: string): boolean => shape(stem).includes("v");

const endsInDoubleConsonant = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);

/** Ends in consonant, vowel, consonant, the last not w, x or y. NLTK: or is a vowel and a consonant. */
const isShort = (word: string): boolean =>
  (shape(word).endsWith("cvc") && !/[wxy]$/.test(word)) || shape(word) === "vc";
