/**
 * The tape of reverse differentiation (Wengert 1964): every operation puts its backward half on it, and the
 * tape is run from its end to its beginning. Only tensors that depend on trained weights have a backward
 * half.
 */

import type { Mark } from "../memory/scratch.ts";
import type { DropoutRule } from "../ops/ops.ts";
import type { Runtime } from "../runtime.ts";
import { elements, type Matrix, type Tensor } from "../tensor.ts";
import { type DropoutPass, DropoutSites } from "./dropout.ts";
import { GradientOps } from "./gradient-ops.ts";
import { Gradients } from "./gradients.ts";
import type { WeightGradients } from "./product-gradients.ts";

/** A result and its backward half, which takes the result's gradient and releases it. */
interface Entry {
  readonly out: Tensor;
  readonly backward: Backward;
}

type Pause = () => Promise<void>;
type Backward = (gradient: Tensor, pause: Pause) => Promise<void> | void;

/** Weights, and the matrix their gradient is added to. */
export interface Trained {
  readonly value: Matrix;
  readonly gradient: Matrix;
}

/** A place on the tape, and the scratch memory that was in use then. */
export interface TapeMark {
  readonly entries: number;
  readonly scratch: Mark;
}

export class Tape {
  readonly ops: GradientOps;
  readonly #runtime: Runtime;
  /** Address of the gradient of weights by the address of the weights. */
  readonly #gradientOf: ReadonlyMap<number, number>;
  readonly #gradients: Gradients;
  readonly #sites: DropoutSites;
  readonly #entries: Entry[] = [];
  /** Tensors that depend on trained weights. */
  readonly #dependent = new Set<Tensor>();
  #recomputes = false;
  /** Whether backward halves are put on the tape. */
  #records = true;

  /** @param trained all other weights stay as they are */
  constructor(runtime: Runtime, threads: number, trained: readonly Trained[]) {
    this.ops = new GradientOps(runtime, threads);
    this.#runtime = runtime;
    this.#gradientOf = new Map(trained.map(({ value, gradient }) => [value.ptr, gradient.ptr]));
    this.#gradients = new Gradients(runtime, this.ops);
    this.#sites = new DropoutSites(runtime);
  }

  /**
   * Begins a pass over a batch, with dropout by this rule.
   *
   * @param recomputes whether `recomputed` keeps nothing but its input
   */
  begin(dropout: DropoutPass | undefined, recomputes = false): void {
    this.#sites.begin(dropout);
    this.#recomputes = recomputes;
    this.#records = true;
  }

  mark(): TapeMark {
    return { entries: this.#entries.length, scratch: this.#runtime.scratch.mark() };
  }

  /**
   * Runs the tape back to the mark and releases the memory that was taken since.
   *
   * @param pause awaited between operations; it may throw to abort
   */
  async backward(mark: TapeMark, pause: Pause): Promise<void> {
    while (this.#entries.length > mark.entries) {
      const entry = this.#entries.pop();
      const gradient = entry && this.#gradients.take(entry.out);
      if (gradient) await entry.backward(gradient, pause);
      await pause();
    }
    this.#runtime.scratch.release(mark.scratch);
  }

  /** Forgets the entries since the mark and all gradients of activations, and releases their memory. */
  reset(mark: TapeMark): void {
    this.#entries.length = mark.entries;
    this.#dependent.clear();
    this.#gradients.free();
    this.#runtime.scratch.release(mark.scratch);
  }

  /** Begins a backward pass at x. The elements of x are its gradient. */
  begins(x: Tensor): void {
    this.give(x, x);
  }

  /**
   * Puts a backward half on the tape where the result depends on trained weights.
   *
   * @param inputs tensors that the result was computed from, beside weights with these gradients
   */
  record(
    out: Tensor,
    inputs: readonly Tensor[],
    { weight, bias }: WeightGradients,
    backward: (gradient: Tensor) => void,
  ): Tensor {
    if (weight + bias > 0 || inputs.some((input) => this.isDependent(input))) {
      this.#dependent.add(out);
      if (this.#records) this.#entries.push({ out, backward });
    }
    return out;
  }

  /**
   * The result of `work`, with x in memory instead of what its backward halves read. The pass back does the
   * work again and records it (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). The numbers
   * are the same.
   */
  recomputed(x: Tensor, work: () => Tensor): Tensor {
    if (!this.#recomputes) return work();
    const first = this.#sites.following;
    const out = this.ops.like(x);
    const { scratch } = this.mark();
    this.#records = false;
    const result = work();
    this.#records = true;
    this.ops.copy(out, result);
    this.#runtime.scratch.release(scratch);
    if (!this.isDependent(result)) return out;
    this.#dependent.add(out);
    const backward: Backward = async (gradient, pause) => {
      const mark = this.mark();
      this.give(this.#sites.again(first, work), gradient);
      await this.backward(mark, pause);
    };
    this.#entries.push({ out, backward });
    return out;
  }

  /**
   * Shows the gradient of x, as x is now, once the pass back comes to it. x then needs a gradient, even if
   * it depends on no trained weights.
   */
  watch(x: Tensor, see: (gradient: Tensor) => void): void {
    const wasDependent = this.isDependent(x);
    this.#dependent.add(x);
    const backward = (gradient: Tensor) => {
      see(gradient);
      if (wasDependent) this.give(x, gradient);
      else this.release(gradient);
    };
    this.#entries.push({ out: x, backward });
  }

  /** Whether x needs a gradient. */
  isDependent(x: Tensor): boolean {
    return this.#dependent.has(x);
  }

  /** Addresses of the gradients of weights. */
  gradientsOf(weight: { ptr: number }, bias?: { ptr: number }): WeightGradients {
    const address = (weights: { ptr: number } | undefined) => this.#gradientOf.get(weights?.ptr ?? 0) ?? 0;
    return { weight: address(weight), bias: address(bias) };
  }

  /** A buffer for a gradient. Its elements are not cleared. */
  allocate(...shape: readonly number[]): Tensor {
    return this.#gradients.allocate(...shape);
  }

  /** Adds to the gradient of x if x needs one. The buffer no longer belongs to the caller. */
  give(x: Tensor, gradient: Tensor): void {
    if (this.isDependent(x)) this.#gradients.give(x, gradient);
    else this.#gradients.release(gradient);
  }

  /** Adds to the gradient of x if x needs one. The buffer stays with the caller. */
  share(x: Tensor, gradient: Tensor): void {
    if (this.isDependent(x)) this.#gradients.share(x, gradient);
  }

  release(gradient: Tensor): void {
    this.#gradients.release(gradient);
  }

  /**
   * The gradient of x so far, zeros if nothing was added. Nothing else may add to it until it is given back.
   */
  takeWhole(x: Tensor): Tensor {
    return this.#gradients.take(x) ?? this.zeros(...x.shape);
  }

  /** A buffer for a gradient that is added to. */
  zeros(...shape: readonly number[]): Tensor {
    const zeros = this.allocate(...shape);
    this.#runtime.memory.f32(zeros.ptr, elements(shape)).fill(0);
    return zeros;
  }

  /** The dropout rule of the next place of the pass; undefined if nothing is dropped there. */
  nextRule(rate?: number): DropoutRule | undefined {
    return this.#sites.next(rate);
  }
}
