/** Keys and values after they were stored in a cache: the rounding of each type, in plain loops. */
import type { KvDtype } from "../compute/memory/kv-types.ts";

const { abs, fround, max, min, sign, trunc } = Math;

/** A key or value of a head as a cache of this type keeps it. */
export function keptAs(dtype: KvDtype, x: readonly number[]): number[] {
  if (dtype === "f32") return [...x];
  if (dtype === "f16") return x.map(halfRounded);
  const kept: number[] = [];
  for (let i = 0; i < x.length; i += 32) kept.push(...blockOf(dtype, x.slice(i, i + 32)));
  return kept;
}

/** The nearest binary16 number, ties to even; infinite from 65520 on. */
function halfRounded(x: number): number {
  if (abs(x) >= 65520) return sign(x) * Number.POSITIVE_INFINITY;
  const step = 2 ** (max(Math.floor(Math.log2(abs(x))), -14) - 10);
  const [floor, rest] = [Math.floor(x / step), x / step - Math.floor(x / step)];
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return x === 0 || Number.isNaN(x) ? x : step * (floor + (up ? 1 : 0));
}

/** 32 numbers by the formulas of quantize_row_q8_0_ref and quantize_row_q4_0_ref of ggml. */
function blockOf(dtype: "q8_0" | "q4_0", x: readonly number[]): number[] {
  const largest = x.reduce((most, value) => (abs(value) > abs(most) ? value : most), 0);
  const scale = fround(dtype === "q8_0" ? abs(largest) / 127 : largest / -8);
  const inverse = scale === 0 ? 0 : fround(1 / scale);
  const kept = halfRounded(scale);
  return x.map((value) => {
    const scaled = fround(value * inverse);
    const integer =
      dtype === "q8_0" ? trunc(scaled + sign(scaled) * 0.49999997) : min(15, trunc(fround(scaled + 8.5))) - 8;
    return fround(integer * kept);
  });
}
