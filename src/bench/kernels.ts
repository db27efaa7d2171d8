/** The table of kernels that are measured. A new kernel is one more entry here. */
import { GptError } from "../errors.ts";
import { forwardCases } from "./forward-kernels.ts";
import { gradientCases } from "./gradient-kernels.ts";
import type { KernelCase } from "./kernel-case.ts";
import { peakCases } from "./peaks.ts";
import { trainingCases } from "./training-kernels.ts";

export const kernelCases: readonly KernelCase[] = [
  ...peakCases,
  ...forwardCases,
  ...gradientCases,
  ...trainingCases,
];

/**
 * The kernels of these names, or whose names begin with them; all where none is given.
 *
 * @throws GptError `usage` for a name of none
 */
export function kernelsNamed(names: readonly string[]): readonly KernelCase[] {
  const isMeant = (wish: string) => (kernel: KernelCase) =>
    kernel.name === wish || kernel.name.startsWith(`${wish}-`);
  const unknown = names.find((name) => !kernelCases.some(isMeant(name)));
  if (unknown !== undefined) {
    const known = kernelCases.map(({ name }) => name).join(", ");
    throw new GptError("usage", `there is no kernel ${unknown}: there are ${known}`);
  }
  if (names.length === 0) return kernelCases;
  return kernelCases.filter((kernel) => names.some((name) => isMeant(name)(kernel)));
}
