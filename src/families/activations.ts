/** Activations by the names of transformers, whose "gelu" is the exact form. */
import type { Activation } from "../compute/ops/ops.ts";

export const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu_new", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["gelu_python_tanh", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu_accurate", "gelu_tanh"],
  ["gelu", "gelu_erf"],
  ["gelu_python", "gelu_erf"],
  ["silu", "silu"],
  ["swish", "silu"],
  ["relu", "relu"],
  ["relu2", "relu_squared"],
  ["tanh", "tanh"],
  ["quick_gelu", "quick_gelu"],
  ["relu6", "relu6"],
  ["sigmoid", "sigmoid"],
]);
