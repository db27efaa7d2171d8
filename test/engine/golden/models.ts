/** Loads reference checkpoints. */
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { Model, type ModelOptions } from "../../../src/engine/model.ts";
import { parseModel } from "../../../src/families/parse.ts";

export async function load(path: string, options: ModelOptions): Promise<Model> {
  const checkpoint = await openCheckpoint(path);
  return Model.load(checkpoint, await parseModel(checkpoint), options);
}

const argmax = (logits: Float32Array) => logits.indexOf(Math.max(...logits));

export async function greedy(model: Model, prompt: readonly number[], count: number): Promise<number[]> {
  const session = model.createSession();
  const ids: number[] = [];
  let next = prompt;
  while (ids.length < count) {
    ids.push(argmax(await session.append(next)));
    next = ids.slice(-1);
  }
  await session.close();
  return ids;
}

/** Logits of all positions, with the ids appended in chunks of a size. */
export async function logitsOf(
  model: Model,
  ids: readonly number[],
  chunk = ids.length,
): Promise<Float32Array> {
  const session = model.createSession();
  const all: number[] = [];
  for (let first = 0; first < ids.length; first += chunk) {
    all.push(...(await session.append(ids.slice(first, first + chunk), { every: true })));
  }
  await session.close();
  return Float32Array.from(all);
}
