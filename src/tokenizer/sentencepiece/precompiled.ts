/**
 * `Precompiled` of Hugging Face's tokenizers: the rules of a SentencePiece model, looked up for whole
 * grapheme clusters and then for single characters. SentencePiece itself looks them up at every character.
 */

import { grown, longestOf, type Rewrite } from "../rewrite.ts";
import type { CharsMap } from "./charsmap.ts";

/** A cluster of this many bytes or more is looked up character by character. */
const CLUSTER_BYTES = 6;
/** A bound on the clusters that are kept with what replaces them. */
const MAX_KNOWN = 2 ** 16;

export function precompiled(map: CharsMap): Rewrite {
  const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
  const known = new Map<string, string>();
  const ofCluster = (cluster: string): string => {
    const replacement = known.get(cluster) ?? replacementOf(map, cluster);
    if (known.size < MAX_KNOWN) known.set(cluster, replacement);
    return replacement;
  };
  return (text) => {
    const longest = longestOf(text);
    const parts: string[] = [];
    let length = 0;
    const add = (part: string): void => {
      parts.push(part);
      length += part.length;
      if (length > longest) throw grown(text, length);
    };
    for (let start = 0; start < text.length; ) {
      const isPlain = isPlainAt(text, start);
      const end = isPlain ? endOfPlain(text, start) : endOfOthers(text, start);
      const part = text.slice(start, end);
      if (isPlain) for (const character of part) add(ofCluster(character));
      else for (const { segment } of segmenter.segment(part)) add(ofCluster(segment));
      start = end;
    }
    return parts.join("");
  };
}

function replacementOf(map: CharsMap, cluster: string): string {
  const bytes = Buffer.from(cluster);
  const whole =
    bytes.length < CLUSTER_BYTES ? map.find(bytes, 0, bytes.length, "shortest")?.replacement : undefined;
  if (whole !== undefined) return whole;
  const characters = Array.from(cluster, (character) => {
    const own = Buffer.from(character);
    return map.find(own, 0, own.length, "shortest")?.replacement ?? character;
  });
  return characters.join("");
}

/** Printable ASCII that another one follows is a cluster of its own: the segmenter need not see it. */
function isPlainAt(text: string, place: number): boolean {
  return isPrintable(text, place) && (place + 1 === text.length || isPrintable(text, place + 1));
}

function isPrintable(text: string, place: number): boolean {
  const unit = text.charCodeAt(place);
  return unit >= 0x20 && unit < 0x7f;
}

function endOfPlain(text: string, start: number): number {
  let end = start;
  while (end < text.length && isPlainAt(text, end)) end++;
  return end;
}

/** Up to the second of two printable ASCII characters, the first of which may belong to a cluster. */
function endOfOthers(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !(isPrintable(text, end - 1) && isPrintable(text, end))) end++;
  return end;
}
