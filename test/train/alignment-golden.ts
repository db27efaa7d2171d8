/** Runs of ../shared/models/golden/alignment, and comparisons with their numbers. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { shared } from "../shared.ts";
import { readTensors } from "./tensors.ts";

export const goldenPath = (...parts: string[]): string =>
  shared(["models/golden/alignment", ...parts].join("/"));

export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(goldenPath(name, "expected.json"), "utf8")) as T;

export interface GoldenHyperparameters {
  readonly steps: number;
  readonly lr: number;
  readonly betas: [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly clip_grad_norm: number | null;
}

/** The options of a trainer. */
export const optionsOf = (golden: GoldenHyperparameters) => ({
  steps: golden.steps,
  lr: golden.lr,
  betas: golden.betas,
  eps: golden.eps,
  weightDecay: golden.weight_decay,
  clipGradNorm: golden.clip_grad_norm ?? 0,
  schedule: "linear" as const,
  threads: 2,
});

/** Ten times what single precision costs, and 1e-5 at least. */
export const tolerance = (drift: number | undefined): number => Math.max(10 * (drift ?? 0), 1e-5);

type Numbers = Readonly<Record<string, unknown>>;

/** The names of `expected` that are numbers and have been found, each within its tolerance. */
export function expectNumbers(found: Numbers, expected: Numbers, drift: Numbers, place: string): void {
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value !== "number") continue;
    const own = found[name];
    const near = Math.abs((own as number) - value) <= tolerance(drift[name] as number | undefined);
    expect(near, `${place} ${name}: ${own}, expected ${value}`).toBe(true);
  }
}

export interface Fingerprint {
  readonly sum: number;
  readonly norm: number;
  readonly values: readonly number[];
}

/** The key part of attn.c_attn.bias has no gradient in theory, so it is left out. */
function valuesOf(name: string, tensor: Float32Array): number[] {
  const third = tensor.length / 3;
  const values = [...tensor];
  return name.endsWith("attn.c_attn.bias") ? [...values.slice(0, third), ...values.slice(2 * third)] : values;
}

export async function expectFingerprints(
  directory: string,
  expected: Readonly<Record<string, Fingerprint>>,
  drift: Numbers,
): Promise<void> {
  const tensors = await readTensors(directory);
  for (const [name, fingerprint] of Object.entries(expected)) {
    const values = valuesOf(name, tensors.get(`transformer.${name}`) ?? (tensors.get(name) as Float32Array));
    const sum = values.reduce((total, value) => total + value, 0);
    expectNumbers({ sum, norm: Math.hypot(...values) }, { ...fingerprint }, drift, name);
    for (const [i, value] of fingerprint.values.entries()) {
      const found = values[Math.round((i * (values.length - 1)) / 3)] as number;
      expectNumbers({ values: found }, { values: value }, drift, name);
    }
  }
}

/** @param except weights that are free by theory */
export async function expectWeights(
  found: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  most: number,
  except: readonly string[] = [],
): Promise<void> {
  const bare = (name: string) => name.replace(/^transformer\./, "");
  const own = new Map([...found].map(([name, values]) => [bare(name), values]));
  for (const [name, values] of expected) {
    if (except.includes(bare(name))) continue;
    const others = valuesOf(name, own.get(bare(name)) ?? new Float32Array());
    const errors = valuesOf(name, values).map((value, i) => Math.abs(value - (others[i] as number)));
    expect(Math.max(...errors), name).toBeLessThanOrEqual(most);
  }
}
