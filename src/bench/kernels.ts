/** The table of kernels that are measured. A new kernel is one more entry here. */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { forwardCases } from "./forward-kernels.ts";
import { gradientCases } from "./gradient-kernels.ts";
import type { KernelCase } from "./kernel-case.ts";
import { packingCases } from "./packing-kernels.ts";
import { peakCases } from "./peaks.ts";
import { quantizedCases } from "./quantized-kernels.ts";
import { trainingCases } from "./training-kernels.ts";

export const kernelCases: readonly KernelCase[] = [
  ...peakCases,
  ...forwardCases,
  ...quantizedCases,
  ...packingCases,
  ...gradientCases,
  ...trainingCases,
];

/**
 * The kernels whose names hold one of these words: `norm` for layer-norm and rms-norm-gradient. All where none is given.
 *
 * @throws GptError `usage` for a word that is in no name
 */
export function kernelsNamed(words: readonly string[]): readonly KernelCase[] {
  const isNamed = (word: string) => (kernel: KernelCase) => `-${kernel.name}-`.includes(`-${word}-`);
  const unknown = words.find((word) => !kernelCases.some(isNamed(word)));
  if (unknown !== undefined) {
    const known = kernelCases.map(({ name }) => name).join(", ");
    throw new GptError("usage", `there is no kernel ${quote(unknown)}: there are ${known}`);
  }
  if (words.length === 0) return kernelCases;
  return kernelCases.filter((kernel) => words.some((word) => isNamed(word)(kernel)));
}
