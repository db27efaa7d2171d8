/**
 * A byte-level vocabulary for random weights: the bytes, then printable ASCII texts of two characters, of three ...,
 * then <|endoftext|>. llama.cpp opens no GPT-2 without a tokenizer, and wllama takes a prompt as text only.
 */

/** GPT-2's stand-ins for the bytes (Radford et al. 2019): Latin-1's character where it is a visible one. */
export const byteSymbols = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(isVisible ? byte : next++);
  });
})();
const printable = byteSymbols.slice(0x20, 0x7f);
const letters = [..."abcdefghijklmnopqrstuvwxyz"];

export const endOfText = "<|endoftext|>";
/** The fewest entries: every byte, every letter with a space before it, and the end. */
export const leastVocabulary = byteSymbols.length + printable.length + 1;
/** Bytes that are no text by themselves. */
export const loneBytes = Array.from({ length: 128 }, (_, i) => 128 + i);

/**
 * @param {number} size  at least leastVocabulary
 * @returns {{ tokens: string[], merges: string[] }} tokens by id; merges as lines of merges.txt, first to last
 */
export function vocabulary(size) {
  const tokens = [...byteSymbols];
  const merges = [];
  const prefixes = [...printable];
  for (const prefix of prefixes) {
    for (const symbol of printable) {
      if (tokens.length === size - 1) return { tokens: [...tokens, endOfText], merges };
      tokens.push(prefix + symbol);
      prefixes.push(prefix + symbol);
      merges.push(`${prefix} ${symbol}`);
    }
  }
  throw new RangeError("printable texts do not end");
}

/** @param {number} count @returns {string} as many ids: letters, each after a space */
export const letterText = (count) =>
  Array.from({ length: count }, (_, i) => ` ${letters[(7 * i) % letters.length]}`).join("");

/** @param {number} count @returns {number[]} the ids of letterText(count) */
export const letterIds = (count) =>
  Array.from(
    letterText(count).replaceAll(" ", ""),
    (letter) => byteSymbols.length + printable.indexOf(letter),
  );
