/** Operations that sum X^T X over the inputs X of named matrices. They wrap any operations. */
import type { Linear, Ops } from "../ops/ops.ts";
import { OpsDecorator } from "../ops/ops-decorator.ts";
import type { Matrix, Tensor } from "../tensor.ts";
import type { ProductGradients } from "./product-gradients.ts";

export class InputGramsOps extends OpsDecorator {
  readonly #gradients: ProductGradients;
  readonly #grams: ReadonlyMap<string, Matrix>;

  /** @param grams [inputs, inputs] by the name of the module; those of other names are not summed */
  constructor(inner: Ops, gradients: ProductGradients, grams: ReadonlyMap<string, Matrix>) {
    super(inner);
    this.#gradients = gradients;
    this.#grams = grams;
  }

  protected around(inner: Ops): Ops {
    return new InputGramsOps(inner, this.#gradients, this.#grams);
  }

  override linear(x: Tensor, linear: Linear): Tensor {
    const gram = this.#grams.get(linear.name ?? "");
    // The gradient of a weight is dY^T X.
    if (gram !== undefined) this.#gradients.linearWeights({ weight: gram.ptr, bias: 0 }, x, x);
    return super.linear(x, linear);
  }
}
