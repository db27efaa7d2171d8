import type { Matrix, Tensor } from "../compute/tensor.ts";

/** What a run made, if anything, or how to read it: its elements are held against the twin's. */
export type Output = Tensor | Matrix | Float32Array | (() => Float32Array) | undefined;
