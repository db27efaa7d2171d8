/** The operations of one of several banks (../banks.ts). */
import { createIndices } from "../batch.ts";
import type { Runtime } from "../runtime.ts";
import { dimensions, type Indices, type Matrix, type Tensor } from "../tensor.ts";
import { KernelOps } from "./kernel-ops.ts";
import type { Embedding, Linear, Ops } from "./ops.ts";

export class BankOps extends KernelOps {
  readonly #bank: number;
  readonly #all: readonly BankOps[];

  private constructor(runtime: Runtime, threads: number, bank: number, all: readonly BankOps[]) {
    super(runtime, threads);
    this.#bank = bank;
    this.#all = all;
  }

  /** @returns the operations of the first bank */
  static over(runtimes: readonly Runtime[], threads: number): BankOps {
    const all: BankOps[] = [];
    for (const [bank, runtime] of runtimes.entries()) all.push(new BankOps(runtime, threads, bank, all));
    return all[0] as BankOps;
  }

  override at(stage: number): Ops {
    return this.#number(stage);
  }

  override take(x: Tensor): Promise<Tensor> {
    return Promise.resolve(this.#here(x));
  }

  /** A matrix in other banks is multiplied where its parts lie, and their outputs are joined. */
  override linear(x: Tensor, layer: Linear): Tensor {
    const { weight } = layer;
    if (this.#holds(weight)) return super.linear(x, layer);
    const out = this.tensor(dimensions(x)[0], weight.outputs);
    let first = 0;
    for (const part of partsOf(weight)) {
      const there = this.#number(part.bank);
      there.temporarily(() => {
        const bias = layer.bias && there.#here(elementsOf(layer.bias, first, part.outputs));
        const y = there.linear(there.#here(x), { weight: part, bias });
        this.#join(out, first, there, y);
      });
      first += part.outputs;
    }
    return out;
  }

  /** Each row comes from the bank that holds it. */
  override embedding(table: Embedding, ids: Indices): Tensor {
    const { weight } = table;
    if (this.#holds(weight)) return super.embedding(table, ids);
    const out = this.tensor(ids.length, weight.inputs);
    const wanted = [...this.runtime.memory.u32(ids.ptr, ids.length)];
    let first = 0;
    for (const part of partsOf(weight)) {
      const rows = [...wanted.keys()].filter((row) => isWithin(wanted[row], first, part));
      if (rows.length > 0) this.#look(out, rows, part, (row) => (wanted[row] as number) - first);
      first += part.outputs;
    }
    return out;
  }

  /** Copies rows of a part of a table into rows of `out`. */
  #look(out: Tensor, rows: readonly number[], part: Matrix, idOf: (row: number) => number): void {
    const there = this.#number(part.bank);
    there.temporarily(() => {
      const found = there.embedding({ weight: part }, createIndices(there.runtime, rows.map(idOf)));
      const [from, to] = [there.view(found), this.view(out)];
      const width = part.inputs;
      for (const [i, row] of rows.entries()) to.set(from.subarray(i * width, (i + 1) * width), row * width);
    });
  }

  /** Copies the outputs of a part into columns of `out`. */
  #join(out: Tensor, first: number, there: BankOps, y: Tensor): void {
    const [rows, width] = dimensions(y);
    const [from, to] = [there.view(y), this.view(out)];
    const [, outputs] = dimensions(out);
    for (let row = 0; row < rows; row++) {
      to.set(from.subarray(row * width, (row + 1) * width), row * outputs + first);
    }
  }

  protected override tensor(...shape: number[]): Tensor {
    return { shape, ptr: super.tensor(...shape).ptr, bank: this.#bank };
  }

  /** x in the memory of this bank. */
  #here(x: Tensor): Tensor {
    const { bank = 0 } = x;
    if (bank === this.#bank) return x;
    const copy = this.tensor(...x.shape);
    this.view(copy).set(this.#number(bank).view(x));
    return copy;
  }

  #holds({ bank = 0, parts }: Matrix): boolean {
    return parts === undefined && bank === this.#bank;
  }

  #number(bank = 0): BankOps {
    const found = this.#all[bank];
    if (found === undefined) throw new Error(`no bank ${bank}`);
    return found;
  }
}

const partsOf = (weight: Matrix): readonly Matrix[] => weight.parts ?? [weight];

const isWithin = (id: number | undefined, first: number, { outputs }: Matrix): boolean =>
  id !== undefined && id >= first && id < first + outputs;

/** `count` elements of a vector, where they lie. */
const elementsOf = ({ ptr, bank }: Tensor, first: number, count: number): Tensor => ({
  shape: [count],
  ptr: ptr + first * 4,
  bank,
});
