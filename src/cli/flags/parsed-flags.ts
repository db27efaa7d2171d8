/** Raw flags -> parsed flags. Each flag reads its value; errors begin with the place of the value. */
import { type Flag, type Flags, naming } from "./flags.ts";
import type { RawFlags, Source } from "./raw-flags.ts";

/** The flags of a verb: each value, or undefined, under the flag's name and its name in camel case. */
export type ParsedFlags<F extends Flags> = Values<F> & Inheriting & { readonly [name: string]: unknown };

export interface Inheriting {
  /** Flags from the environment or a config file. They are set for many runs, and may not suit this one. */
  readonly inherited: ReadonlySet<string>;
  /** The inherited flags that a config file gives. */
  readonly fromFile?: ReadonlySet<string>;
}

type Values<F extends Flags> = {
  readonly [Name in keyof F & string as Name | CamelCase<Name>]?: Value<F[Name]> | undefined;
};

type Value<F extends Flag> = F extends { coerce: (texts: never) => infer T }
  ? T
  : F["type"] extends "count"
    ? number
    : boolean;

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** @throws GptError `usage` for a value that its flag refuses */
export function parseFlags<F extends Flags>(raw: RawFlags, flags: F): ParsedFlags<F> {
  const values = Object.entries<Flag>(flags).flatMap(([name, flag]) => {
    const given = raw.get(name);
    if (given === undefined) return [];
    const value = naming(given.origin, readerOf(flag))(given.values);
    return value === undefined ? [] : [[name, value] as const, [camelCase(name), value] as const];
  });
  const from = (isOne: (source: Source) => boolean) =>
    new Set([...raw].flatMap(([name, { source }]) => (isOne(source) ? [name] : [])));
  const parsed: unknown = {
    ...Object.fromEntries(values),
    inherited: from((source) => source !== "typed"),
    fromFile: from((source) => source === "file"),
  };
  return parsed as ParsedFlags<F>;
}

const readerOf =
  ({ type, coerce }: Flag) =>
  (texts: readonly string[]): unknown => {
    if (texts.length === 0) return undefined;
    if (type === "boolean") return true;
    return type === "count" ? texts.length : coerce?.(texts);
  };

export const camelCase = (flag: string): string =>
  flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
