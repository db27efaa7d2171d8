/** Modules of a decoder, made of matrices by their canonical names. */
import type { Embedding, Norm } from "../compute/ops/ops.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { elements, type Matrix, type MatrixTable, type Tensor } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { Linear, LowRank, LowRankOfExperts } from "../model/linear.ts";
import type { NormConfig } from "../model/norm-config.ts";
import { matrixNamed } from "./load.ts";

/** Low-rank changes by the canonical name of their weight. */
export type LowRanks = ReadonlyMap<string, readonly LowRank[]>;

export class ModuleBuilder {
  readonly #packing: Packing;
  readonly #matrices: ReadonlyMap<string, Matrix>;
  readonly #adapters: LowRanks;
  /**
   * Width of the residual stream, which the norms without heads have if a file does not have their weights.
   */
  readonly #width: number;
  /** Weights of unweighted norms, and biases of layer norms without. */
  readonly #constants = new Map<string, Tensor>();

  /**
   * @param matrices by canonical name; a vector is a matrix with one input
   * @param adapters beside the matrices
   */
  constructor(
    packing: Packing,
    width: number,
    matrices: ReadonlyMap<string, Matrix>,
    adapters: LowRanks = new Map(),
  ) {
    this.#packing = packing;
    this.#width = width;
    this.#matrices = matrices;
    this.#adapters = adapters;
  }

  /** The same matrices; what is made beside them lies in another memory. */
  in(packing: Packing): ModuleBuilder {
    return new ModuleBuilder(packing, this.#width, this.#matrices, this.#adapters);
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

  /** @param shape of its weights, for a norm of heads */
  presentNorm(name: string, config: NormConfig, ...shape: readonly number[]): Norm {
    const { kind, epsilon, unweighted } = config;
    const stored = unweighted
      ? this.constant(1, elements(shape.length > 0 ? shape : [this.#width]))
      : this.vector(`${name}.weight`);
    const weight = shape.length > 0 ? { ...stored, shape } : stored;
    const bias = this.bias(name);
    if (bias || kind === "rmsnorm") return { name, weight, bias, epsilon };
    return { name, weight, bias: this.constant(0, elements(weight.shape)), epsilon };
  }

  /** A vector of equal elements. */
  constant(value: number, length: number): Tensor {
    const key = `${value} ${length}`;
    const vector =
      this.#constants.get(key) ?? this.#packing.tensor(new Float32Array(length).fill(value), length);
    this.#constants.set(key, vector);
    return vector;
  }

  vector(name: string): Tensor {
    return this.#packing.vector(matrixNamed(this.#matrices, name));
  }

  /** Undefined if the module has none. */
  bias(name: string): Tensor | undefined {
    const found = this.#matrices.get(`${name}.bias`);
    return found && this.#packing.vector(found);
  }

  /** The low-rank changes of a module of all experts of a layer. Each changes the same outputs of all. */
  adaptersOfExperts(name: string, count: number): LowRankOfExperts[] {
    const own = Array.from({ length: count }, (_, i) => this.#adapters.get(`${name}.${i}.weight`) ?? []);
    const [first = []] = own;
    if (own.some(({ length }) => length !== first.length)) {
      throw new GptError(
        "usage",
        `${name}: the adapter changes some experts of a layer: it needs all of them`,
      );
    }
    return first.map(({ firstOutput, scale, dropout }, i) => {
      const changes = own.map((all) => all[i]).filter((change) => change !== undefined);
      const table = (part: "a" | "b") => ({
        weights: this.#packing.matrixTable(changes.map((c) => c[part])),
      });
      return { a: table("a"), b: { ...table("b"), first: firstOutput, scale }, dropout };
    });
  }

  /** The matrices or the biases of a module of all experts of a layer, or of all heads. */
  ofExperts(name: string, count: number, kind: "weight" | "bias"): MatrixTable {
    const names = Array.from({ length: count }, (_, expert) => `${name}.${expert}.${kind}`);
    return this.#packing.matrixTable(names.map((name) => matrixNamed(this.#matrices, name)));
  }
}
