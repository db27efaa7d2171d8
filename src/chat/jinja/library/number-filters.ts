/** Filters of numbers. */
import { Given } from "../values/arguments.ts";
import { negative } from "../values/operations.ts";
import { fail } from "../values/template-error.ts";
import { type CallArguments, defined, isText, typeName, type Value } from "../values/values.ts";

type Filter = (value: Value, given: CallArguments) => Value;

function toInt(value: Value, given: CallArguments): Value {
  const bound = new Given("int", given, ["default", "base"]);
  const otherwise = bound.get("default") ?? 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return BigInt(value);
  const number = typeof value === "number" ? value : isText(defined(value)) ? undefined : Number.NaN;
  if (number !== undefined) return Number.isFinite(number) ? BigInt(Math.trunc(number)) : otherwise;
  const text = isText(value) ? value.text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "") : "";
  const base = bound.integer("base") ?? 10;
  if (base === 10 && /^[-+]?\d+$/.test(text)) return BigInt(text.replace("+", ""));
  if (base !== 10 && /^[-+]?[\da-z]+$/i.test(text)) {
    const parsed = Number.parseInt(text, base);
    if (!Number.isNaN(parsed)) return BigInt(parsed);
  }
  const float = floatOf(text);
  return float === undefined || !Number.isFinite(float) ? otherwise : BigInt(Math.trunc(float));
}

const FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

function floatOf(text: string): number | undefined {
  if (FLOAT.test(text)) return Number(text);
  const word = /^([-+]?)(?:inf(?:inity)?|(nan))$/i.exec(text);
  if (word === null) return undefined;
  return word[2] !== undefined ? Number.NaN : word[1] === "-" ? -Infinity : Infinity;
}

function toFloat(value: Value, given: CallArguments): Value {
  const otherwise = new Given("float", given, ["default"]).get("default") ?? 0;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return Number(value);
  return isText(value) ? (floatOf(value.text.trim()) ?? otherwise) : otherwise;
}

const roundings = new Map([
  ["ceil", Math.ceil],
  ["floor", Math.floor],
]);

function round(value: Value, given: CallArguments): Value {
  const bound = new Given("round", given, ["precision", "method"]);
  const precision = bound.integer("precision") ?? 0;
  const method = bound.text("method")?.text ?? "common";
  if (typeof value !== "bigint" && typeof value !== "number") {
    return fail("type", `type ${typeName(value)} doesn't define __round__ method`);
  }
  if (method === "common") {
    if (typeof value === "bigint") return value;
    return halfToEven(value, precision);
  }
  const rounding = roundings.get(method) ?? fail("type", "method must be common, ceil or floor");
  return rounding(Number(value) * 10 ** precision) / 10 ** precision;
}

/** Ties, exact in binary, go to the even digit. */
function halfToEven(value: number, precision: number): number {
  const scale = 10 ** precision;
  const scaled = value * scale;
  if (precision === 0 && Math.abs(scaled % 1) === 0.5) return 2 * Math.round(scaled / 2);
  return precision >= 0 && precision <= 15 ? Number(value.toFixed(precision)) : Math.round(scaled) / scale;
}

export const numberFilters: Readonly<Record<string, Filter>> = {
  abs: (value) => (Number(value) < 0 ? negative(value) : value),
  float: toFloat,
  int: toInt,
  round,
};
