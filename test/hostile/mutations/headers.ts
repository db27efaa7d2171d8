/** Damages the headers of weight files, so that what follows them stays where it was. */

import { withSafetensorsHeader } from "../../fixtures/directory-writer.ts";
import { type GgufValueToWrite, ggufKey, ggufString, typed, u64 } from "../../fixtures/gguf-writer.ts";
import type { TestRandom } from "../../reference/random.ts";
import { mutateJson } from "./json.ts";

/** Changes one thing about the structure of a safetensors header, whose length stays right. */
export function mutateSafetensorsHeader(random: TestRandom, bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const dataStart = 8 + Number(file.readBigUInt64LE(0));
  return withSafetensorsHeader(
    mutateJson(random, file.toString("utf8", 8, dataStart)),
    file.subarray(dataStart),
  );
}

const GGUF_VALUES: readonly GgufValueToWrite[] = [
  ...[0, 1, -1, 3, 2 ** 31, true, "", "x", "llama", ["a"], ["a", "b"], [0, -1]],
  ...[2n ** 53n + 1n, 2n ** 63n].map((value) => typed("u64", value)),
  ...[Number.NaN, 0.5, -1e38].map((value) => typed("f32", value)),
  ...[
    typed("f64", 1e308),
    typed("i64", -1n),
    typed("array", [], "string"),
    typed("array", [typed("array", [])]),
  ],
];

/**
 * Changes one metadata key of a GGUF file, and leaves everything after them where its alignment wants it.
 * @param names of all keys, in the order of the file
 */
export function mutateGgufKeys(random: TestRandom, bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const file = Buffer.from(bytes);
  const starts = names.map((name) => file.indexOf(ggufString(name)));
  const entry = (i: number) => file.subarray(starts[i], starts[i + 1]);
  const valueBytes = (i: number) => entry(i).subarray(8 + Buffer.byteLength(names[i] ?? ""));
  const chosen = random.integer(names.length - 1);
  const other = random.integer(names.length - 1);
  const name = names[chosen] ?? "";
  const replacements: readonly (() => Uint8Array[])[] = [
    () => [],
    () => [entry(chosen), entry(chosen)],
    () => [Buffer.concat([ggufString(names[other] ?? ""), valueBytes(chosen)])],
    () => [Buffer.concat([ggufString(name), valueBytes(other)])],
    () => [ggufKey(name, random.pick(GGUF_VALUES))],
    () => [ggufKey(name, random.pick(GGUF_VALUES))],
  ];
  const entries = random.pick(replacements)();
  const [begin, end] = [starts[chosen] ?? 0, starts[chosen + 1] ?? 0];
  const shift = entries.reduce((sum, { length }) => sum + length, begin - end);
  const empty = ggufKey("padding", "").length;
  const padding = ggufKey("padding", "x".repeat((((-shift - empty) % 64) + 64) % 64));
  const count = u64(names.length + entries.length);
  return Buffer.concat([
    file.subarray(0, 16),
    count,
    padding,
    file.subarray(24, begin),
    ...entries,
    file.subarray(end),
  ]);
}
