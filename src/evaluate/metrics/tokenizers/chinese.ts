/** Chinese characters one by one, everything else as 13a splits it. */
import { trimmed } from "../words.ts";
import { splitWestern } from "./mteval-13a.ts";

/**
 * The ranges of sacreBLEU. Two of them were meant as U+20000 to U+2A6D6 and U+2F800 to U+2FA1D: it compares
 * them as U+2000 and U+2F80 with a digit behind, so they are the ranges here.
 */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x3400, 0x4db5],
  [0x4e00, 0x9fbb],
  [0xf900, 0xfa2d],
  [0xfa30, 0xfa6a],
  [0xfa70, 0xfad9],
  [0x2001, 0x2a6d],
  [0x2f81, 0x2fa1],
  [0xff00, 0xffef],
  [0x2e80, 0x2eff],
  [0x3000, 0x303f],
  [0x31c0, 0x31ef],
  [0x2f00, 0x2fdf],
  [0x2ff0, 0x2fff],
  [0x3100, 0x312f],
  [0x31a0, 0x31bf],
  [0xfe10, 0xfe1f],
  [0xfe30, 0xfe4f],
  [0x2600, 0x27bf],
  [0x3200, 0x33ff],
];

const isChinese = (code: number): boolean => RANGES.some(([first, last]) => code >= first && code <= last);

export function tokenizeChinese(text: string): string {
  const characters = [...trimmed(text)].map((character) =>
    isChinese(character.codePointAt(0) as number) ? ` ${character} ` : character,
  );
  return splitWestern(characters.join(""));
}
