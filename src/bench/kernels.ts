/** The table of measured kernels. A new kernel is one more entry here. */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { elementCases } from "./element-kernels.ts";
import { forwardCases } from "./forward-kernels.ts";
import { gradientCases } from "./gradient-kernels.ts";
import type { KernelCase } from "./kernel-case.ts";
import { mixtureCases } from "./mixture-kernels.ts";
import { packingCases } from "./packing-kernels.ts";
import { peakCases } from "./peaks.ts";
import { quantizedCases } from "./quantized-kernels.ts";
import { recurrentCases } from "./recurrent-kernels.ts";
import { trainingCases } from "./training-kernels.ts";

export const kernelCases: readonly KernelCase[] = [
  ...peakCases,
  ...forwardCases,
  ...elementCases,
  ...quantizedCases,
  ...mixtureCases,
  ...recurrentCases,
  ...packingCases,
  ...gradientCases,
  ...trainingCases,
];

/**
 * Kernels with one of these words in their names: `norm` finds layer-norm and rms-norm-gradient. No words:
 * all kernels.
 *
 * @throws GptError `usage` for a word that no name contains
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
