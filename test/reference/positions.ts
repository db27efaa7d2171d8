/** What the position of a row changes in its queries and keys, in doubles. */

import type { RopeScaling } from "../../src/model/attention/rotary-config.ts";
import type { AttentionConfig } from "../../src/model/config.ts";
import { at, rope } from "../../src/reference/twins.ts";

/** Llama 4 and Ministral 3: 1 + beta ln(1 + floor((i + offset) / interval)). */
export function queryFactor({ queryScale }: AttentionConfig, position: number): number {
  if (queryScale === undefined) return 1;
  const { beta, offset, interval } = queryScale;
  return 1 + beta * Math.log(1 + Math.floor((position + offset) / interval));
}

/** Slopes of ALiBi as its paper computes them. */
export function slopesOf(heads: number): number[] {
  if (Number.isInteger(Math.log2(heads))) {
    return Array.from({ length: heads }, (_, i) => (2 ** (-8 / heads)) ** (i + 1));
  }
  const fewer = 2 ** Math.floor(Math.log2(heads));
  const others = slopesOf(2 * fewer).filter((_, i) => i % 2 === 0);
  return [...slopesOf(fewer), ...others.slice(0, heads - fewer)];
}
export function turn({ position }: AttentionConfig, head: number[], index: number): number[] {
  if (position.kind !== "rotary") return head;
  const { theta, scaling, dims } = position;
  const wavelengths = Array.from({ length: dims / 2 }, (_, i) => 2 * Math.PI * theta ** (i / (dims / 2)));
  const stretched = wavelengths.map((wavelength, i) => wavelength * stretch(scaling, wavelength, i));
  return rope(
    head,
    index,
    stretched.map((wavelength) => (2 * Math.PI) / wavelength),
  );
}

/** How many times longer a pair's wavelength becomes; Llama 3.1's as in Meta's model code. */
function stretch(scaling: RopeScaling, wavelength: number, pair: number): number {
  if (scaling.kind === "none") return 1;
  if (scaling.kind === "linear") return scaling.factor;
  if (scaling.kind === "divisors") return at([...scaling.divisors], pair);
  if (scaling.kind !== "llama3") throw new Error(`${scaling.kind} has a golden checkpoint`);
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalPositions } = scaling;
  if (wavelength < originalPositions / high) return 1;
  if (wavelength > originalPositions / low) return factor;
  const smooth = (originalPositions / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}
