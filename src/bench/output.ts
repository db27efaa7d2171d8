import type { Matrix, Tensor } from "../compute/tensor.ts";

/** The output of a run, or a function that reads it. Its elements are compared with the twin's. */
export type Output = Tensor | Matrix | Float32Array | (() => Float32Array) | undefined;
