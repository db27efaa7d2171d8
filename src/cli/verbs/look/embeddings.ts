/** `gpt look embeddings`: neighbours of a word, analogies, directions, and a map of words. */
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import { analogy, embeddingRows, nearest, type Scored } from "../../../look/embeddings/embeddings.ts";
import { type Components, principalComponents } from "../../../look/embeddings/principal-components.ts";
import { umap } from "../../../look/embeddings/umap.ts";
import type { Grid } from "../../../look/grid.ts";
import { table } from "../../terminal/table.ts";
import { asJson, type Looking, short, tokenNamed, tokenText } from "./looking.ts";

const ANALOGY = /^(.+?)\s+-\s+(.+?)\s+\+\s+(.+)$/;

export async function showEmbeddings(looking: Looking): Promise<void> {
  const { args } = looking;
  const words = args.ids
    ? args.ids.flatMap((ids) => ids.split(",").map((id) => `#${id.trim()}`))
    : (args.text ?? []);
  const [first] = words;
  if (args.from !== undefined) return direction(looking, args.from);
  if (first === undefined) {
    throw new GptError("usage", 'gpt look embeddings takes a word, "a - b + c", or several words for a map');
  }
  const [, a, b, c] = ANALOGY.exec(first) ?? [];
  if (words.length > 1) await map(looking, words);
  else if (a !== undefined && b !== undefined && c !== undefined) await analogous(looking, [a, b, c]);
  else await neighbours(looking, first);
}

/** The token of a word: with a space before it, as most vocabularies have words, or as it is. */
function wordId(looking: Looking, word: string): number {
  const { model } = looking;
  if (/^#\d+$/.test(word)) return tokenNamed(looking, "text", word) as number;
  for (const spelling of [` ${word}`, word]) {
    const ids = model.tokenizer.encode(spelling);
    if (ids.length === 1) return ids[0] as number;
  }
  const count = model.tokenizer.encode(word).length;
  throw new GptError("usage", `${quote(word)} is ${count} tokens: a word of one token is needed, or #ID`);
}

async function neighbours(looking: Looking, word: string): Promise<void> {
  const { engine, args, output } = looking;
  const id = wordId(looking, word);
  const row = await embeddingRows(engine, [id]);
  const found = await nearest(engine, row, { by: args.by, without: [id], top: args.top });
  if (args.json)
    return output.writeJson({ id, token: tokenText(looking, id), neighbours: named(looking, found) });
  await output.write(linesOf(looking, found));
}

async function analogous(looking: Looking, words: readonly [string, string, string]): Promise<void> {
  const { engine, args, output } = looking;
  const ids = words.map((word) => wordId(looking, word)) as [number, number, number];
  const found = await nearest(engine, await analogy(engine, ids, true), {
    by: args.by,
    without: ids,
    top: args.top,
  });
  if (args.json) return output.writeJson({ ids, analogy: named(looking, found) });
  await output.write(linesOf(looking, found));
}

/** The tokens at both ends of the direction from one word to another. */
async function direction(looking: Looking, given: string): Promise<void> {
  const { engine, args, output } = looking;
  const [from, to, ...others] = given.split(",");
  if (from === undefined || to === undefined || others.length > 0) {
    throw new GptError("usage", `--from: two words are expected, as good,bad, found ${quote(given)}`);
  }
  const ids = [wordId(looking, from), wordId(looking, to)];
  const rows = await embeddingRows(engine, ids);
  const width = rows.length / 2;
  const way = rows.slice(width).map((value, i) => value - (rows[i] as number));
  const options = { by: args.by, without: ids, top: args.top };
  const ends = {
    to: await nearest(engine, way, options),
    from: await nearest(engine, way, { ...options, farthest: true }),
  };
  if (args.json)
    return output.writeJson({ ids, to: named(looking, ends.to), from: named(looking, ends.from) });
  const lines = ends.to.map(({ id, value }, i) => {
    const other = ends.from[i] as Scored;
    return [tokenText(looking, other.id), short(other.value), tokenText(looking, id), short(value)];
  });
  await output.write(table([[from, "", to, ""], ...lines], [0, 2]));
}

/** Places of words; principal components also have shares of the variance. */
type Places = Pick<Components, "coordinates"> & Partial<Components>;

/** Words along the two directions in which they differ most, or where UMAP places them. */
async function map(looking: Looking, words: readonly string[]): Promise<void> {
  const { engine, args, output } = looking;
  const ids = words.map((word) => wordId(looking, word));
  const values = await embeddingRows(engine, ids);
  const vectors: Grid = { shape: [ids.length, values.length / ids.length], values };
  const view: Places = args.map === "umap" ? { coordinates: umap(vectors) } : principalComponents(vectors);
  if (args.json) {
    return output.writeJson(
      asJson({ ids, tokens: ids.map((id) => tokenText(looking, id)), ...view }) as object,
    );
  }
  const [count = 0, axes = 0] = view.coordinates.shape;
  const rows = Array.from({ length: count }, (_, row) => [
    tokenText(looking, ids[row] as number),
    ...Array.from({ length: axes }, (_, k) => short(view.coordinates.values[row * axes + k] as number)),
  ]);
  const shares = view.explained?.map((share) => `${Math.round(100 * share)}%`).join(" and ");
  const note = shares === undefined ? "near words are alike" : `the two axes hold ${shares} of the variance`;
  await output.write(`${table(rows)}\n${note}\n`);
}

const named = (looking: Looking, found: readonly Scored[]) =>
  found.map(({ id, value }) => ({ id, token: tokenText(looking, id), value }));

const linesOf = (looking: Looking, found: readonly Scored[]): string =>
  table(found.map(({ id, value }) => [tokenText(looking, id), short(value)]));
