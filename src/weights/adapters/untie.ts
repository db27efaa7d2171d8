/**
 * Separates a tied head from its embedding, for an adapter that replaces one of them. PEFT copies each module
 * to save, so the two are different matrices from then on.
 */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { Adapter } from "./adapter.ts";

const HEAD = { module: "head", layer: undefined, kind: "linear" } as const;
const EMBEDDING = { module: "token_embedding", layer: undefined, kind: "table" } as const;

/** Whether the head of a model is its embedding. */
export const isTied = ({ config: { head } }: ModelDescription): boolean =>
  head.kind === "tokens" && head.tied;

/** Whether an adapter replaces the embedding or the head of a model, by the names of a directory. */
export function replacesTiedHead({ tensors }: Adapter, { sources, prefix }: ModelDescription): boolean {
  const names = [EMBEDDING, HEAD].map((weight) => sources(weight)[0]?.tensor ?? "");
  return names.some((name) =>
    [name, prefix + name].some((whole) => tensors.has(`base_model.model.${whole}`)),
  );
}

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
