/**
 * Operations that show the gradients of named results to an observer, while a tape runs back. They wrap
 * operations that record on this tape. The names are those of ObservingOps.
 */
import { inputName } from "../ops/observing-ops.ts";
import type { Linear, Ops } from "../ops/ops.ts";
import { OpsDecorator } from "../ops/ops-decorator.ts";
import type { Tensor } from "../tensor.ts";
import type { Tape } from "./tape.ts";

export interface GradientObserver {
  /** Of results, and of what linear layers read. */
  wantsGradient(name: string): boolean;
  /** @param gradient row-major; it belongs to the observer */
  seeGradient(name: string, gradient: Float32Array): void;
}

export class WatchingOps extends OpsDecorator {
  readonly #tape: Tape;
  readonly #observer: GradientObserver;

  constructor(inner: Ops, tape: Tape, observer: GradientObserver) {
    super(inner);
    this.#tape = tape;
    this.#observer = observer;
  }

  protected around(inner: Ops): Ops {
    return new WatchingOps(inner, this.#tape, this.#observer);
  }

  override linear(x: Tensor, linear: Linear): Tensor {
    if (linear.name !== undefined) this.#watch(inputName(linear.name), x);
    return super.linear(x, linear);
  }

  override named(name: string, x: Tensor): Tensor {
    const named = super.named(name, x);
    this.#watch(name, named);
    return named;
  }

  #watch(name: string, x: Tensor): void {
    if (!this.#observer.wantsGradient(name)) return;
    this.#tape.watch(x, (gradient) => this.#observer.seeGradient(name, this.read(gradient)));
  }
}
