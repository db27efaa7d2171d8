/** Neighbours of the tokens of a prompt, and a map of them. */
import type { Model } from "../../engine/model.ts";
import { embeddingRows, nearestToEach } from "../../look/embeddings/embeddings.ts";
import { principalComponents } from "../../look/embeddings/principal-components.ts";
import { umap } from "../../look/embeddings/umap.ts";
import { type Grid, integers, zeros } from "../../look/grid.ts";
import type { Embeddings } from "../page-data.ts";

/** Tokens whose neighbours are looked up. */
const MOST_TOKENS = 24;
const MOST_TOKENS_QUICK = 8;
const NEIGHBOURS = 6;

export async function embeddingsOf(
  model: Model,
  ids: readonly number[],
  isQuick: boolean,
): Promise<Embeddings> {
  const distinct = [...new Set([...ids].reverse())];
  const of = distinct.slice(0, isQuick ? MOST_TOKENS_QUICK : MOST_TOKENS);
  const rows = await embeddingRows(model, of);
  const width = rows.length / of.length;
  const count = Math.min(NEIGHBOURS, model.config.vocabSize - 1);
  const neighbours = { ids: integers(of.length, count), values: zeros(of.length, count) };
  const vectors = of.map((_, i) => rows.subarray(i * width, (i + 1) * width));
  const nearOfEach = await nearestToEach(model, vectors, { top: count + 1 });
  for (const [i, all] of nearOfEach.entries()) {
    const near = all.filter(({ id }) => id !== of[i]).slice(0, count);
    neighbours.ids.values.set(
      near.map(({ id }) => id),
      i * count,
    );
    neighbours.values.values.set(
      near.map(({ value }) => value),
      i * count,
    );
  }
  const points = [...new Set([...of, ...neighbours.ids.values])];
  const table: Grid = { shape: [points.length, width], values: await embeddingRows(model, points) };
  const { coordinates, explained } = principalComponents(table);
  return {
    ids: Int32Array.from(points),
    places: coordinates,
    explained,
    umap: isQuick ? undefined : umap(table),
    of: Int32Array.from(of),
    neighbours,
  };
}
