/** The kernels of the activation functions. */
import { kernels } from "./table.ts";

/** `out = f(x)`. */
export const ACTIVATION_KERNELS = {
  gelu_tanh: kernels.geluTanh,
  gelu_erf: kernels.geluErf,
  silu: kernels.silu,
  relu: kernels.relu,
  relu_squared: kernels.reluSquared,
  tanh: kernels.tanh,
  quick_gelu: kernels.quickGelu,
  relu6: kernels.relu6,
  sigmoid: kernels.sigmoid,
} as const;

/** `out = f(gate) up`. */
export const GATED_KERNELS = {
  gelu_tanh: kernels.gatedGeluTanh,
  gelu_erf: kernels.gatedGeluErf,
  silu: kernels.swiglu,
  relu: kernels.gatedRelu,
  relu_squared: kernels.gatedReluSquared,
  tanh: kernels.gatedTanh,
  quick_gelu: kernels.gatedQuickGelu,
  relu6: kernels.gatedRelu6,
  sigmoid: kernels.gatedSigmoid,
  clamped_swiglu: kernels.clampedSwiglu,
} as const;
