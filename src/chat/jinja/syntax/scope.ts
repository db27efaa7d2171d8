/** The variables that a place of a template sees. */
import type { Limits } from "../values/limits.ts";
import { Undefined, type Value } from "../values/values.ts";

export class Scope {
  readonly limits: Limits;
  readonly #variables = new Map<string, Value>();
  readonly #outer: Scope | undefined;

  constructor(limits: Limits, outer?: Scope) {
    this.limits = limits;
    this.#outer = outer;
  }

  /** What is set in it is not seen outside. */
  inner(): Scope {
    return new Scope(this.limits, this);
  }

  get(name: string): Value {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#outer) {
      const value = scope.#variables.get(name);
      if (value !== undefined) return value;
    }
    return new Undefined(`'${name}' is undefined`);
  }

  set(name: string, value: Value): void {
    this.#variables.set(name, value);
  }
}
