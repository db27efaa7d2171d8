/** Sizes that may differ from layer to layer: a number for all, or a list with one for each. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { Kind } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";

export type ByLayer = number | readonly number[];

export const countByLayer = (max: number): Kind<ByLayer> => ({
  read({ fields }, name, absent) {
    const value = fields.value(name);
    if (!Array.isArray(value))
      return fields.value(name) === undefined && absent ? absent : fields.count(name, max);
    const isCount = (n: unknown): n is number =>
      Number.isInteger(n) && (n as number) > 0 && (n as number) <= max;
    if (value.every(isCount)) return value;
    throw fields.wrong(name, `expected whole numbers from 1 to ${max}`);
  },
  json: (value) => (typeof value === "number" ? value : [...value]),
  gguf: (value) => (typeof value === "number" ? ggufValue.uint32(value) : ggufValue.int32s(value)),
});

/** A number if all are equal. */
export const byLayer = (values: readonly number[]): ByLayer =>
  new Set(values).size === 1 ? (values[0] ?? 0) : values;

/**
 * One for each layer.
 *
 * @throws GptError `invalid-file` for a list of another length.
 * @param name of the value
 */
export function eachLayer(
  value: ByLayer,
  nLayer: number,
  stored: StoredConfig,
  name: string,
): readonly number[] {
  const list = typeof value === "number" ? Array<number>(nLayer).fill(value) : value;
  if (list.length === nLayer) return list;
  throw stored.wrong(name, `expected ${nLayer} of them, one for each layer`);
}
