/** Operations that sum the squares of the inputs of named matrices. They wrap any operations. */
import type { Indices, Tensor } from "../tensor.ts";
import { dimensions } from "../tensor.ts";
import type { ExpertsLinear, Routes } from "./experts.ts";
import type { Linear, Ops } from "./ops.ts";
import { OpsDecorator } from "./ops-decorator.ts";

/** Sums of the squares of the inputs of a matrix, and the rows that it has read. */
interface Sums {
  readonly squares: Float64Array;
  rows: number;
}

/** By the canonical name of a module; those of experts have their number at the end. */
export class InputSums {
  readonly #sums = new Map<string, Sums>();

  get(name: string): Readonly<Sums> | undefined {
    return this.#sums.get(name);
  }

  /** @param values a row of inputs */
  add(name: string, values: Float32Array): void {
    const own = this.#sums.get(name) ?? { squares: new Float64Array(values.length), rows: 0 };
    this.#sums.set(name, own);
    const { squares } = own;
    for (let i = 0; i < values.length; i++) squares[i] = (squares[i] ?? 0) + (values[i] ?? 0) ** 2;
    own.rows++;
  }
}

export class InputSumsOps extends OpsDecorator {
  readonly #sums: InputSums;

  constructor(inner: Ops, sums: InputSums) {
    super(inner);
    this.#sums = sums;
  }

  protected around(inner: Ops): Ops {
    return new InputSumsOps(inner, this.#sums);
  }

  override linear(x: Tensor, linear: Linear): Tensor {
    const { name } = linear;
    if (name !== undefined) this.#addRows(x, () => name);
    return super.linear(x, linear);
  }

  override expertLinear(x: Tensor, experts: ExpertsLinear, routes: Routes): Tensor {
    const { name } = experts;
    if (name !== undefined) {
      const [slotOf, chosen] = [this.#words(routes.slotOf), this.#words(routes.chosen)];
      this.#addRows(x, (row) => `${name}.${chosen[slotOf[row] as number]}`);
    }
    return super.expertLinear(x, experts, routes);
  }

  #addRows(x: Tensor, nameOf: (row: number) => string): void {
    const [rows, width] = dimensions(x);
    const values = this.view(x);
    for (let row = 0; row < rows; row++) {
      this.#sums.add(nameOf(row), values.subarray(row * width, (row + 1) * width));
    }
  }

  /** Integers lie in the memory of the operations, as floats do. */
  #words({ length, ptr }: Indices): Uint32Array {
    const { buffer, byteOffset } = this.view({ shape: [length], ptr });
    return new Uint32Array(buffer, byteOffset, length);
  }
}
