/**
 * The table of token embeddings as a space: neighbours, analogies (Mikolov et al. 2013), directions. Rows are
 * as stored, without the factor that some models multiply them by.
 */
import type { Model } from "../../engine/model.ts";
import { dot } from "../attribution/frozen.ts";
import { topOf } from "../distribution.ts";
import { type Grid, zeros } from "../grid.ts";
import { matrixRows } from "../modules.ts";

/**
 * How near two rows are: the cosine of their angle, their product, or the cosine after the mean row is taken
 * off both. The rows of many models lie in one cone, in which all cosines are large.
 */
export type Nearness = "cosine" | "dot" | "centred";

export interface Scored {
  readonly id: number;
  readonly value: number;
}

export interface NearOptions {
  /** Default cosine. */
  readonly by?: Nearness | undefined;
  /** Ids to leave out. */
  readonly without?: readonly number[] | undefined;
  /** Default 10. */
  readonly top?: number | undefined;
  /** The farthest instead of the nearest. */
  readonly farthest?: boolean | undefined;
}

/** Rows that are in memory at a time. */
const ROWS = 4096;

/** Rows of some ids, [ids, C] row-major. */
export const embeddingRows = (model: Model, ids: readonly number[]): Promise<Float32Array> =>
  model.compute((ops, { embedding }) => matrixRows(ops, embedding.tokens.weight, ids));

/** The L2 norm of each row, [V]. */
export async function rowNorms(model: Model): Promise<Grid> {
  const norms = zeros(model.config.vocabSize);
  await eachRow(model, (row, id) => {
    norms.values[id] = Math.sqrt(dot(row, row));
  });
  return norms;
}

/** The tokens whose rows are nearest to a vector, the nearest first. */
export async function nearest(
  model: Model,
  vector: Float32Array,
  options: NearOptions = {},
): Promise<Scored[]> {
  const [found = []] = await nearestToEach(model, [vector], options);
  return found;
}

/** The same for each of some vectors: the table is read once. */
export async function nearestToEach(
  model: Model,
  vectors: readonly Float32Array[],
  { by = "cosine", without = [], top = 10, farthest = false }: NearOptions = {},
): Promise<Scored[][]> {
  const mean = by === "centred" ? await meanRow(model) : undefined;
  const centre = (row: Float32Array) => (mean ? row.map((value, i) => value - (mean[i] as number)) : row);
  const sign = farthest ? -1 : 1;
  const questions = vectors.map((vector) => {
    const own = centre(vector);
    const length = by === "dot" ? 1 : Math.sqrt(dot(own, own));
    return { own, length, values: new Float32Array(model.config.vocabSize) };
  });
  await eachRow(model, (stored, id) => {
    const row = centre(stored);
    const size = by === "dot" ? 1 : Math.sqrt(dot(row, row));
    for (const { own, length, values } of questions) values[id] = (dot(row, own) / (length * size)) * sign;
  });
  return questions.map(({ values }) => {
    for (const id of without) values[id] = Number.NEGATIVE_INFINITY;
    return topOf(values, top).map((id) => ({ id, value: (values[id] as number) * sign }));
  });
}

/**
 * a - b + c, as in king - man + woman.
 *
 * @param unit each row is divided by its norm first
 */
export async function analogy(
  model: Model,
  [a, b, c]: readonly [number, number, number],
  unit: boolean,
): Promise<Float32Array> {
  const width = await embeddingWidth(model);
  const rows = await embeddingRows(model, [a, b, c]);
  const [x, y, z] = [0, 1, 2].map((i) => {
    const row = rows.subarray(i * width, (i + 1) * width);
    const length = unit ? Math.sqrt(dot(row, row)) : 1;
    return row.map((value) => value / length);
  }) as [Float32Array, Float32Array, Float32Array];
  return x.map((value, i) => value - (y[i] as number) + (z[i] as number));
}

const embeddingWidth = (model: Model): Promise<number> =>
  model.compute((_, { embedding }) => embedding.tokens.weight.inputs);

async function meanRow(model: Model): Promise<Float64Array> {
  const sums = new Float64Array(await embeddingWidth(model));
  await eachRow(model, (row) => {
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (row[i] as number);
  });
  return sums.map((sum) => sum / model.config.vocabSize);
}

async function eachRow(model: Model, see: (row: Float32Array, id: number) => void): Promise<void> {
  const { vocabSize } = model.config;
  for (let first = 0; first < vocabSize; first += ROWS) {
    const count = Math.min(ROWS, vocabSize - first);
    const rows = await embeddingRows(
      model,
      Array.from({ length: count }, (_, i) => first + i),
    );
    const width = rows.length / count;
    for (let i = 0; i < count; i++) see(rows.subarray(i * width, (i + 1) * width), first + i);
  }
}
