/** The arguments of filters, tests, functions and methods, by place or by name. */
import type { MarkedText } from "./marked-text.ts";
import { fail } from "./template-error.ts";
import { type CallArguments, isText, isTrue, NONE, typeName, type Value } from "./values.ts";

export const NO_ARGUMENTS: CallArguments = { positional: [], named: new Map() };

/** Arguments of a callee with these parameters. */
export class Given {
  readonly #callee: string;
  readonly #values = new Map<string, Value>();

  /** @throws TemplateError for more arguments than parameters, and for unknown names */
  constructor(callee: string, { positional, named }: CallArguments, parameters: readonly string[]) {
    this.#callee = callee;
    if (positional.length > parameters.length) {
      fail("type", `${callee} takes ${parameters.length} arguments, ${positional.length} are given`);
    }
    for (const [i, value] of positional.entries()) this.#values.set(parameters[i] ?? "", value);
    for (const [name, value] of named) {
      if (!parameters.includes(name)) fail("type", `${callee} got an unexpected keyword argument '${name}'`);
      this.#values.set(name, value);
    }
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  needed(name: string): Value {
    return this.get(name) ?? fail("type", `${this.#callee} missing 1 required argument: '${name}'`);
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.get(name);
    return value === undefined ? otherwise : isTrue(value);
  }

  text(name: string): MarkedText | undefined {
    const value = this.get(name);
    if (value === undefined || value === NONE) return undefined;
    if (isText(value)) return value;
    return fail("type", `${this.#callee}: ${name} must be str, not ${typeName(value)}`);
  }

  integer(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined || value === NONE) return undefined;
    if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
    return fail("type", `'${typeName(value)}' object cannot be interpreted as an integer`);
  }
}
