/** Modules of a decoder, made of matrices by their canonical names. */
import type { Embedding, Norm } from "../compute/ops/ops.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix, MatrixTable, Tensor } from "../compute/tensor.ts";
import type { NormConfig } from "../model/config.ts";
import type { Linear, LowRank } from "../model/modules.ts";
import { matrixNamed } from "./load.ts";

/** Low-rank changes by the canonical name of their weight. */
export type LowRanks = ReadonlyMap<string, readonly LowRank[]>;

export class ModuleBuilder {
  readonly #packing: Packing;
  readonly #matrices: ReadonlyMap<string, Matrix>;
  readonly #adapters: LowRanks;

  /**
   * @param matrices by canonical name; a vector is a matrix with one input
   * @param adapters beside the matrices
   */
  constructor(packing: Packing, matrices: ReadonlyMap<string, Matrix>, adapters: LowRanks = new Map()) {
    this.#packing = packing;
    this.#matrices = matrices;
    this.#adapters = adapters;
  }

  linear(name: string): Linear {
    const weight = matrixNamed(this.#matrices, `${name}.weight`);
    return { name, weight, bias: this.bias(name), adapters: this.#adapters.get(`${name}.weight`) ?? [] };
  }

  table(name: string): Embedding {
    return { name, weight: matrixNamed(this.#matrices, `${name}.weight`) };
  }

  /** Undefined if the config has none. */
  norm(name: string, config: NormConfig | undefined): Norm | undefined {
    return config && this.presentNorm(name, config);
  }

  presentNorm(name: string, { epsilon }: NormConfig): Norm {
    return { name, weight: this.vector(`${name}.weight`), bias: this.bias(name), epsilon };
  }

  vector(name: string): Tensor {
    return this.#packing.vector(matrixNamed(this.#matrices, name));
  }

  /** Undefined if the module has none. */
  bias(name: string): Tensor | undefined {
    const found = this.#matrices.get(`${name}.bias`);
    return found && this.#packing.vector(found);
  }

  /** The matrices or the biases of a module of all experts of a layer. */
  ofExperts(name: string, count: number, kind: "weight" | "bias"): MatrixTable {
    const names = Array.from({ length: count }, (_, expert) => `${name}.${expert}.${kind}`);
    return this.#packing.matrixTable(names.map((name) => matrixNamed(this.#matrices, name)));
  }
}
