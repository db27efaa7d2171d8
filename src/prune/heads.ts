/**
 * Takes out the heads of least importance, with their queries, keys and values and their columns of the
 * output projection. Heads that share keys go together. A layer keeps at least one.
 */
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { familyNamed } from "../families/find-family.ts";
import type { AttentionConfig, DecoderConfig } from "../model/config.ts";
import { groupImportance } from "./head-importance.ts";
import { readValues } from "./matrices.ts";
import type { PruneRun, SmallerModel } from "./prune-run.ts";

export async function pruneHeads(run: PruneRun): Promise<SmallerModel> {
  const { config, open, values } = run;
  const attentions = attentionsToPrune(run);
  const importance = await groupImportance(
    run,
    attentions.map(({ nKvHead }) => nKvHead),
  );
  const kept = keptGroups(run, importance);
  const smaller = new Map(values);
  const heads: [number, number][] = [];
  for (const [layer, own] of attentions.entries()) {
    const groups = kept[layer] as readonly number[];
    const shared = own.nHead / own.nKvHead;
    const queryHeads = groups.flatMap((group) => range(group * shared, shared));
    for (const head of range(0, own.nHead)) if (!queryHeads.includes(head)) heads.push([layer, head]);
    const name = `blocks.${layer}.attention`;
    const rows = rowsOfHeads(own, queryHeads, groups);
    for (const weight of [`${name}.qkv.weight`, `${name}.qkv.bias`]) {
      const matrix = values.get(weight);
      if (matrix) smaller.set(weight, await withRows(open.packing, matrix, rows));
    }
    const columns = queryHeads.flatMap((head) => range(head * own.valueDim, own.valueDim));
    const output = values.get(`${name}.output.weight`) as Matrix;
    smaller.set(`${name}.output.weight`, await withColumns(open.packing, output, columns));
  }
  const layers = config.layers.map((layer, i) => {
    const [own, groups] = [attentions[i] as AttentionConfig, kept[i] as readonly number[]];
    const nHead = (own.nHead / own.nKvHead) * groups.length;
    return { ...layer, mixer: { ...own, nHead, nKvHead: groups.length } };
  });
  return { config: withOneObject(config, layers), values: smaller, layers: [], heads };
}

/** @throws GptError `usage` for attention with more than queries, keys and values of heads */
function attentionsToPrune({ config, path }: PruneRun): AttentionConfig[] {
  return config.layers.map(({ mixer, cross }) => {
    const isPlain =
      mixer.kind === "attention" &&
      mixer.latent === undefined &&
      !mixer.outputGate &&
      !mixer.sinks &&
      mixer.scoreBias.kind === "none" &&
      (mixer.qkNorm.kind === "none" || mixer.qkNorm.kind === "head") &&
      mixer.keysFrom === undefined &&
      cross === undefined;
    if (isPlain) return mixer;
    const problem = "has layers with more than queries, keys and values of heads";
    throw new GptError("usage", `${path}: ${problem}: choose another method`);
  });
}

/**
 * Groups of heads that stay, by layer. If the config of the family can tell the heads of each layer, the
 * least important of all layers go, else as many of each layer.
 */
function keptGroups({ config, pattern, path }: PruneRun, importance: readonly (readonly number[])[]) {
  const sparsity = pattern.kind === "share" ? pattern.sparsity : 0;
  const places = importance.flatMap((own, layer) => own.map((value, group) => ({ value, layer, group })));
  const differs = "prunedHeads" in familyNamed(config.family).keys;
  const quotas = differs ? [places] : importance.map((_, i) => places.filter(({ layer }) => layer === i));
  const kept = importance.map((own) => [...own.keys()]);
  for (const candidates of quotas) {
    let left = Math.floor(candidates.length * sparsity);
    for (const { layer, group } of candidates.sort((a, b) => a.value - b.value)) {
      const own = kept[layer] as number[];
      if (left === 0 || own.length === 1) continue;
      own.splice(own.indexOf(group), 1);
      left--;
    }
  }
  if (kept.some(({ length }, i) => length < (importance[i]?.length ?? 0))) return kept;
  throw new GptError("usage", `${path}: of so few heads the sparsity leaves all: choose a larger share`);
}

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

/** Rows of the stacked queries, keys and values. */
function rowsOfHeads(
  { nHead, nKvHead, headDim, valueDim }: AttentionConfig,
  heads: readonly number[],
  groups: readonly number[],
): number[] {
  const keys = nHead * headDim;
  const values = keys + nKvHead * headDim;
  return [
    ...heads.flatMap((head) => range(head * headDim, headDim)),
    ...groups.flatMap((group) => range(keys + group * headDim, headDim)),
    ...groups.flatMap((group) => range(values + group * valueDim, valueDim)),
  ];
}

async function withRows(packing: Packing, packed: Matrix, rows: readonly number[]): Promise<Matrix> {
  const { outputs, inputs } = packed;
  const values = await readValues({ packing, packed, firstOutput: 0, outputs, inputs });
  const kept = new Float32Array(rows.length * inputs);
  for (const [i, row] of rows.entries()) {
    kept.set(values.subarray(row * inputs, (row + 1) * inputs), i * inputs);
  }
  return await packing.packed(kept, rows.length, inputs);
}

async function withColumns(packing: Packing, packed: Matrix, columns: readonly number[]): Promise<Matrix> {
  const { outputs, inputs } = packed;
  const values = await readValues({ packing, packed, firstOutput: 0, outputs, inputs });
  const kept = new Float32Array(outputs * columns.length);
  for (let i = 0; i < kept.length; i++) {
    const row = Math.floor(i / columns.length);
    kept[i] = values[row * inputs + (columns[i % columns.length] as number)] as number;
  }
  return await packing.packed(kept, outputs, columns.length);
}

/** Equal layers share one object, as everywhere. */
function withOneObject(config: DecoderConfig, layers: DecoderConfig["layers"]): DecoderConfig {
  const known = new Map(layers.map((layer) => [JSON.stringify(layer), layer]));
  return { ...config, layers: layers.map((layer) => known.get(JSON.stringify(layer)) ?? layer) };
}
