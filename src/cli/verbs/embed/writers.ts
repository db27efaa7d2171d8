/** What `gpt embed` writes: vectors, cosines of all pairs, or the nearest lines. */

import type { JsonValue } from "../../../files/json.ts";
import { npyBytes } from "../../../files/npy.ts";
import { writeFile } from "../../../files/output-file.ts";
import { cosine } from "../../../library/embedding/pooling.ts";
import type { Embedding } from "../../../library/encoder.ts";
import type { Output } from "../../terminal/output.ts";
import type { EmbedArguments } from "./flags.ts";

export interface Vector extends Embedding {
  readonly id: JsonValue | undefined;
  readonly text: string;
}

/** @param query the vector of the text that is sought */
export type Writer = (
  vectors: AsyncIterable<Vector>,
  args: EmbedArguments,
  output: Output,
  query: () => Promise<Float32Array>,
) => Promise<void>;

/** A line for each text: its numbers, or JSON. */
export const vectors: Writer = async (found, { json, jsonl, npy }, output) => {
  const all: Float32Array[] = [];
  for await (const { id, embedding, tokens, truncated } of found) {
    const numbers = Array.from(embedding, short);
    if (npy !== undefined) all.push(embedding);
    else if (json || jsonl) {
      await output.writeJson({ id, embedding: numbers, tokens, ...(truncated && { truncated }) });
    } else await output.write(`${numbers.join(" ")}\n`);
  }
  if (npy !== undefined) await writeFile(npy, npyBytes(all));
};

/** The matrix of cosines, a row for each text. */
export const similarities: Writer = async (found, { json, jsonl }, output) => {
  const all: Float32Array[] = [];
  for await (const { embedding } of found) all.push(embedding);
  const matrix = all.map((a) => all.map((b) => cosine(a, b)));
  if (json || jsonl) return await output.writeJson({ cosine: matrix.map((row) => row.map(rounded)) });
  for (const row of matrix) await output.write(`${row.map((value) => value.toFixed(4)).join("\t")}\n`);
};

/** Lines by their cosine to the query, the greatest first, earlier lines first among equals. */
export const nearestLines: Writer = async (found, { json, jsonl, top = 10 }, output, query) => {
  const target = await query();
  const near: { id: JsonValue | undefined; line: number; text: string; score: number }[] = [];
  let line = 0;
  for await (const { id, text, embedding } of found) {
    near.push({ id, line: ++line, text, score: cosine(target, embedding) });
    near.sort((a, b) => b.score - a.score || a.line - b.line);
    near.length = Math.min(near.length, top);
  }
  for (const { score, ...place } of near) {
    if (json || jsonl) await output.writeJson({ ...place, score: rounded(score) });
    else await output.write(`${score.toFixed(4)}\t${place.text}\n`);
  }
};

/** The digits of f32. */
const short = (value: number): number => Number(value.toPrecision(8));

const rounded = (value: number): number => Number(value.toFixed(6));
