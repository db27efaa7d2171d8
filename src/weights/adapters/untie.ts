/**
 * A tied head, which an adapter replaces. PEFT keeps a copy of each module to save, so the embedding and the head are two
 * matrices from then on, whichever of them it holds.
 */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { Adapter } from "./adapter.ts";

const HEAD = { module: "head", layer: undefined, kind: "linear" } as const;
const EMBEDDING = { module: "token_embedding", layer: undefined, kind: "table" } as const;

/** Names of the embedding and the head in transformers, which end the names in adapters. */
const WHOLE = /\.(?:embed_tokens|wte|tokens_embed|lm_head)\.weight$/;

/** Whether the head of a model is its embedding, and the adapter holds one of them whole. */
export const replacesTiedHead = ({ tensors }: Adapter, { config: { head } }: ModelDescription): boolean =>
  head.kind === "tokens" && head.tied && [...tensors.keys()].some((name) => WHOLE.test(name));

/** The checkpoint as one that stores the embedding a second time, as the head. */
export function untied(checkpoint: Checkpoint, { sources, prefix }: ModelDescription): Checkpoint {
  const [embedding, head] = [EMBEDDING, HEAD].map((weight) => sources(weight)[0]?.tensor ?? "") as [
    string,
    string,
  ];
  const stored = checkpoint.tensors.get(embedding) ?? checkpoint.tensors.get(prefix + embedding);
  if (stored === undefined) return checkpoint; // the weights are incomplete, which is said where they are resolved
  const tensors = new Map([...checkpoint.tensors, [head, { ...stored, name: head }]]);
  if (checkpoint.format === "gguf") return { ...checkpoint, tensors };
  return { ...checkpoint, tensors, config: { ...checkpoint.config, tie_word_embeddings: false } };
}
