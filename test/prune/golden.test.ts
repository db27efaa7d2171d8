import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { pruneModel } from "../../src/prune/prune-model.ts";
import type { PruneMethod } from "../../src/prune/table.ts";
import { builds } from "../compute/laboratory.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { readTensors } from "../train/tensors.ts";

interface Golden {
  readonly calibration: number[][];
  readonly probe: number[];
  readonly methods: Readonly<Record<string, { readonly logits: number[] }>>;
}

const folder = (name: string) => shared(`models/golden/alignment/prune/${name}`);
const golden = () => JSON.parse(readFileSync(folder("expected.json"), "utf8")) as Golden;

/** Bits of the weights in the order of the file, 1 for a pruned weight. */
function masks(): (name: string) => Uint8Array {
  const file = readFileSync(folder("masks.safetensors"));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { readonly data_offsets: [number, number] }
  >;
  return (name) => {
    const [begin = 0, end = 0] = header[name]?.data_offsets ?? [];
    return file.subarray(8 + length + begin, 8 + length + end);
  };
}

const cases: readonly (readonly [string, PruneMethod, number | string])[] = [
  ["magnitude_global", "global-magnitude", 0.5],
  ["magnitude_layer", "magnitude", 0.5],
  ["magnitude_2of4", "magnitude", "2:4"],
  ["wanda_half", "wanda", 0.5],
  ["wanda_2of4", "wanda", "2:4"],
  ["sparsegpt_half", "sparsegpt", 0.5],
  ["sparsegpt_2of4", "sparsegpt", "2:4"],
];
const file = temporaryFolder();

describeWithShared("pruning", () => {
  const runs = cases.flatMap((own) => builds.map((simd) => [...own, simd] as const));
  it.each(runs)("%s: drops the reference's weights (%s, %s, %s)", async (name, method, sparsity, simd) => {
    const { calibration, methods, probe } = golden();
    const directory = file(`${name}-${simd}`);
    const { matrices } = await pruneModel(folder("init"), directory, {
      ...{ method, sparsity, threads: 2, simd },
      ...(method.endsWith("magnitude") ? {} : { calibration }),
    });
    const [tensors, expected] = await Promise.all([
      readTensors(directory),
      name === "sparsegpt_half" ? readTensors(folder(""), "sparsegpt.safetensors") : new Map(),
    ]);
    const mask = masks();
    for (const share of matrices) {
      const own = share.name.replace(/^transformer\./, "");
      const values = tensors.get(share.name) ?? [];
      const bits = mask(`${name}/${own}`);
      const wrong = [...values].filter((w, i) => (w === 0) !== (((bits[i >> 3] ?? 0) >> (i & 7)) % 2 === 1));
      expect([share.name, wrong.length]).toEqual([share.name, 0]);
      const changed = expected.get(own);
      if (name === "sparsegpt_half") {
        expect(changed?.length).toBe(values.length);
        const error = [...values].map((w, i) => Math.abs(w - (changed?.[i] ?? Number.NaN)));
        expect(Math.max(...error)).toBeLessThan(2e-5);
      }
    }
    await using model = await loadModel(directory, { threads: 1, simd });
    const session = model.createSession();
    const logits = await session.append(probe);
    const off = (methods[name]?.logits ?? []).map((value, i) => Math.abs(value - (logits[i] ?? Number.NaN)));
    expect(off).toHaveLength(logits.length);
    expect(Math.max(...off)).toBeLessThan(2e-5);
  });
});
