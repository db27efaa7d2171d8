/**
 * How rows are multiplied with quantized weights whose integers have no sign. The numbers are the same.
 *
 * - `words`: integers of 16 bits, in the plain build
 * - `pairs`: pairs of bytes, added in 16 bits
 * - `dots`: four bytes and their sum at once. It is faster where that is one instruction: with AVX-VNNI and on
 *   ARM
 */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import type { Simd } from "./kernels.ts";
import type { KernelExports } from "./table.ts";

export type Products = "words" | "pairs" | "dots";

const BYTES_OF_127 = 0x7f7f7f7f;
const BYTES_OF_255 = -1;
const SATURATED = 65_534;

/**
 * The fastest products of a build on this processor. GPT_PRODUCTS names others for benchmarks. What
 * the instruction computes outside of its range tells how V8 compiles it: no clock is read.
 *
 * @throws GptError `usage` for another name
 */
export function chooseProducts(simd: Simd, { probeDots }: Pick<KernelExports, "probeDots">): Products {
  if (simd === "plain") return "words";
  const wish = process.env.GPT_PRODUCTS ?? "";
  if (wish === "pairs" || wish === "dots") return wish;
  if (wish !== "") throw new GptError("usage", `GPT_PRODUCTS: expected pairs or dots, found ${quote(wish)}`);
  return probeDots(BYTES_OF_127, BYTES_OF_255) === SATURATED ? "pairs" : "dots";
}
