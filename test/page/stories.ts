/** The embedded model, for pages of it. */
import { join } from "node:path";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { tokenizerOf } from "../../src/tokenizer/index.ts";
import { root } from "../habits/sources.ts";

export const PROMPT =
  "Once upon a time there was a little girl named Lily. She had a dog named Max. Lily said to";

export async function loadStories() {
  const checkpoint = await openCheckpoint(join(root, "models/stories"));
  const description = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  if (tokenizer === undefined) throw new Error("stories has a tokenizer");
  const model = await Model.load(checkpoint, description, { simd: "plain", threads: 1 });
  const textOf = (id: number) => tokenizer.decode([id]);
  const collected = { model, name: "stories", family: "gpt2", textOf };
  return { checkpoint, collected, ids: tokenizer.encode(PROMPT) };
}
