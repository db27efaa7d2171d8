/**
 * Checkpoints whose settings the reference checkpoints do not have, and families that these lack. A formula
 * gives their weights. transformers 5.18 gave the logits of the last position, in float64.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/files/json.ts";
import { writeModelDirectory } from "../../fixtures/directory-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { load } from "./models.ts";

interface Settings {
  readonly name: string;
  readonly config: JsonObject;
  /** What an encoder reads. */
  readonly read?: readonly number[];
  readonly ids: readonly number[];
  readonly logits: readonly number[];
  /** Shapes of the stored tensors. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

const file = temporaryFolder();
const text = readFileSync(new URL("../../fixtures/settings.jsonl", import.meta.url), "utf8");
const settings = text
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Settings);

/** An element of a tensor: a hash of its name and its place, in [-1, 1). */
function element(seed: number, i: number): number {
  let x = (Math.imul(i, 2654435761) + seed) >>> 0;
  x ^= x >>> 15;
  x = Math.imul(x, 2246822519);
  x ^= x >>> 13;
  x = Math.imul(x, 3266489917);
  x ^= x >>> 16;
  return (x >>> 0) / 2 ** 31 - 1;
}

/** Norms are near 1, other vectors are small. */
function tensor(name: string, shape: readonly number[]): Float32Array {
  const seed = [...name].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619), 2166136261);
  const isVector = shape.length < 2;
  const [mean, spread] = isVector ? (name.endsWith(".weight") ? [1, 0.3] : [0, 0.4]) : [0, 0.7];
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, i) => mean + spread * element(seed >>> 0, i));
}

it.each(settings)(
  "$name gives transformers' logits",
  async ({ name, config, read, ids, logits, tensors }) => {
    const stored = Object.entries(tensors).map(([name, shape]) => [
      name,
      { shape, data: tensor(name, shape) },
    ]);
    const path = writeModelDirectory(file(name), config, Object.fromEntries(stored));
    await using model = await load(path, { simd: "plain", threads: 1 });
    const session = model.createSession();
    if (read) await session.read(read);
    const found = await session.append(ids);
    const errors = logits.map((logit, i) => Math.abs(logit - (found[i] ?? Number.NaN)));
    expect(found.length).toBe(logits.length);
    expect(Math.max(...errors)).toBeLessThan(2e-4);
  },
);
