/**
 * Activation patching (Meng et al. 2022): a run of one prompt gets values of a run of another, a part at a time.
 * A part whose values bring the other answer back carries what tells the prompts apart.
 */
import type { Model } from "../engine/model.ts";
import { GptError } from "../errors.ts";
import { dot } from "./attribution/frozen.ts";
import { topOf } from "./distribution.ts";
import { gradientOf } from "./gradients/score.ts";
import { type Grid, zeros } from "./grid.ts";
import { addedName, headCounts, headsName, hiddenName, replaceColumns, replaceRow } from "./parts.ts";
import { hiddenNames, watch } from "./watching.ts";

/**
 * The metric m is logit(token) - logit(against) after the last id. A number of a grid is m with that part from
 * the clean run. Shapes: L layers, T positions, H heads.
 */
export interface Patching {
  readonly clean: readonly number[];
  readonly corrupted: readonly number[];
  /** The likeliest token of the clean run, and of the corrupted one. */
  readonly token: number;
  readonly against: number;
  readonly cleanDifference: number;
  readonly corruptedDifference: number;
  /** The residual stream at one position, [L + 1, T]. */
  readonly residual: Grid;
  /** (m - corrupted) / (clean - corrupted): 1 where all is restored, [L + 1, T]. */
  readonly restored: Grid;
  /** What a branch adds at one position, [L, T]. */
  readonly attention: Grid;
  readonly mlp: Grid;
  /** Outputs of one head at all positions, [L, H]; NaN where a layer has no such head. */
  readonly heads: Grid;
}

export interface PatchingOptions {
  /** Default: the likeliest token of the clean run, and that of the corrupted run or its runner-up. */
  readonly token?: number | undefined;
  readonly against?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each run. */
  readonly onRun?: ((done: number, all: number) => void) | undefined;
}

/** @throws GptError `usage` for prompts of different lengths */
export async function patching(
  model: Model,
  clean: readonly number[],
  corrupted: readonly number[],
  { token: wanted, against: foil, signal, onRun }: PatchingOptions = {},
): Promise<Patching> {
  checkLengths(clean, corrupted);
  const counts = headCounts(model);
  const layers = counts.length;
  const length = clean.length;
  const branches = counts.flatMap((_, layer) => [addedName(layer, "attention"), addedName(layer, "mlp")]);
  const outputs = counts.flatMap((count, layer) => (count > 0 ? [headsName(layer)] : []));
  const source = await watch(model, clean, {
    keep: [...hiddenNames(model), ...branches, ...outputs],
    signal,
  });
  const plain = await watch(model, corrupted, { signal });
  const token = wanted ?? (topOf(source.logits, 1)[0] as number);
  const against = foil ?? (topOf(plain.logits, 2).find((id) => id !== token) as number);
  const metric = (logits: Float32Array) => (logits[token] as number) - (logits[against] as number);
  const [best, worst] = [metric(source.logits), metric(plain.logits)];
  const most = Math.max(0, ...counts);
  const all = (3 * layers + 1) * length + counts.reduce((a, b) => a + b, 0);
  let done = 0;
  const run = async (name: string, change: ReturnType<typeof replaceRow>) => {
    onRun?.(done++, all);
    return metric((await watch(model, corrupted, { changes: new Map([[name, change]]), signal })).logits);
  };
  const byPosition = async (names: readonly string[]) => {
    const grid = zeros(names.length, length);
    for (const [row, name] of names.entries()) {
      const { shape, values } = source.kept(name);
      const width = shape[1] as number;
      for (let i = 0; i < length; i++) {
        const change = replaceRow(i, values.subarray(i * width, (i + 1) * width));
        grid.values[row * length + i] = await run(name, change);
      }
    }
    return grid;
  };
  const residual = await byPosition(hiddenNames(model));
  const attention = await byPosition(counts.map((_, layer) => addedName(layer, "attention")));
  const mlp = await byPosition(counts.map((_, layer) => addedName(layer, "mlp")));
  const heads = zeros(layers, most);
  heads.values.fill(Number.NaN);
  for (const [layer, count] of counts.entries()) {
    for (let head = 0; head < count; head++) {
      const name = headsName(layer);
      heads.values[layer * most + head] = await run(
        name,
        replaceColumns(head, count, source.kept(name), "other"),
      );
    }
  }
  return {
    clean,
    corrupted,
    token,
    against,
    cleanDifference: best,
    corruptedDifference: worst,
    residual,
    restored: { shape: residual.shape, values: residual.values.map((m) => (m - worst) / (best - worst)) },
    attention,
    mlp,
    heads,
  };
}

/**
 * Attribution patching: an estimate of how the metric changes for each place of the residual stream, from two
 * runs and one pass back: (clean - corrupted) . gradient of the metric in the corrupted run, [L + 1, T].
 */
export async function patchingEstimate(
  model: Model,
  { clean, corrupted, token, against }: Pick<Patching, "clean" | "corrupted" | "token" | "against">,
): Promise<Grid> {
  checkLengths(clean, corrupted);
  const names = hiddenNames(model);
  const [source, plain] = [
    await watch(model, clean, { keep: names }),
    await watch(model, corrupted, { keep: names }),
  ];
  const gradients = await gradientOf(model, corrupted, { token, against }, names);
  const grid = zeros(names.length, clean.length);
  for (const [k] of names.entries()) {
    const name = hiddenName(k);
    const [a, b] = [source.kept(name), plain.kept(name).values];
    const gradient = gradients.get(name) ?? new Float32Array(b.length);
    const width = a.shape[1] as number;
    for (let i = 0; i < clean.length; i++) {
      const [from, to] = [i * width, (i + 1) * width];
      const way = a.values.subarray(from, to).map((value, j) => value - (b[from + j] as number));
      grid.values[k * clean.length + i] = dot(way, gradient.subarray(from, to));
    }
  }
  return grid;
}

function checkLengths(clean: readonly number[], corrupted: readonly number[]): void {
  if (clean.length === corrupted.length) return;
  const found = `${clean.length} and ${corrupted.length}`;
  throw new GptError("usage", `patching: the two prompts need as many tokens, found ${found}`);
}
