/** Gradients of activations during a backward pass. Their buffers are used again. */

import { Arena } from "../memory/arena.ts";
import type { Runtime } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import { elements } from "../tensor.ts";
import type { GradientOps } from "./gradient-ops.ts";

/** Bytes after the end of a buffer: kernels read whole groups of four. */
const SPARE = 64;

export class Gradients {
  readonly #ops: GradientOps;
  readonly #arena: Arena;
  readonly #own = new Set<number>();
  /** Unused buffers by their number of elements. */
  readonly #free = new Map<number, number[]>();
  readonly #known = new Map<Tensor, Tensor>();

  constructor(runtime: Runtime, ops: GradientOps) {
    this.#ops = ops;
    this.#arena = new Arena(runtime.memory);
  }

  /** A buffer. Its elements are not cleared. */
  allocate(...shape: number[]): Tensor {
    const count = elements(shape);
    const ptr = this.#free.get(count)?.pop() ?? this.#arena.allocate(count * 4 + SPARE);
    this.#own.add(ptr);
    return { shape, ptr };
  }

  /** Gives back a buffer of `allocate`. Other buffers stay with their owners. */
  release({ shape, ptr }: Tensor): void {
    if (!this.#own.has(ptr)) return;
    const count = elements(shape);
    const waiting = this.#free.get(count);
    if (waiting) waiting.push(ptr);
    else this.#free.set(count, [ptr]);
  }

  /** Adds to the gradient of x. The buffer no longer belongs to the caller. */
  give(x: Tensor, gradient: Tensor): void {
    const known = this.#known.get(x);
    if (known === undefined) {
      this.#known.set(x, gradient);
      return;
    }
    this.#ops.accumulate(known, gradient);
    this.release(gradient);
  }

  /** Adds to the gradient of x. The buffer stays with the caller. */
  share(x: Tensor, gradient: Tensor): void {
    const known = this.#known.get(x);
    if (known !== undefined) {
      this.#ops.accumulate(known, gradient);
      return;
    }
    const own = this.allocate(...x.shape);
    this.#ops.copy(own, gradient);
    this.#known.set(x, own);
  }

  /** The finished gradient of x; undefined if nothing was added to it. */
  take(x: Tensor): Tensor | undefined {
    const known = this.#known.get(x);
    this.#known.delete(x);
    return known;
  }

  free(): void {
    this.#known.clear();
    this.#free.clear();
    this.#own.clear();
    this.#arena.freeAll();
  }
}
