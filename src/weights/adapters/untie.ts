/**
 * Separates a tied head from its embedding, for an adapter that replaces one of them. PEFT copies each module
 * to save, so the two are different matrices from then on.
 */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { Adapter } from "./adapter.ts";

const HEAD = { module: "head", layer: undefined, kind: "linear" } as const;
const EMBEDDING = { module: "token_embedding", layer: undefined, kind: "table" } as const;

/** Ends of the names of embeddings and heads in adapters. */
const WHOLE = /\.(?:embed_tokens|wte|tokens_embed|lm_head)\.weight$/;

/** Whether the head is tied, and the adapter replaces it or the embedding. */
export const replacesTiedHead = ({ tensors }: Adapter, { config: { head } }: ModelDescription): boolean =>
  head.kind === "tokens" && head.tied && [...tensors.keys()].some((name) => WHOLE.test(name));

/** The checkpoint with its embedding listed a second time, as the head. */
export function untied(checkpoint: Checkpoint, { sources, prefix }: ModelDescription): Checkpoint {
  const [embedding, head] = [EMBEDDING, HEAD].map((weight) => sources(weight)[0]?.tensor ?? "") as [
    string,
    string,
  ];
  const stored = checkpoint.tensors.get(embedding) ?? checkpoint.tensors.get(prefix + embedding);
  if (stored === undefined) return checkpoint; // `resolveWeights` says that it is missing
  const tensors = new Map([...checkpoint.tensors, [head, { ...stored, name: head }]]);
  if (checkpoint.format === "gguf") return { ...checkpoint, tensors };
  return { ...checkpoint, tensors, config: { ...checkpoint.config, tie_word_embeddings: false } };
}
