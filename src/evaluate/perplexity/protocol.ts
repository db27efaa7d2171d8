/** How the tokens of a text become windows: the ways of the programs whose numbers people cite. */
import { GptError } from "../../errors.ts";
import type { LanguageModel } from "../../library/language-model.ts";
import { textIds } from "../../text/text-ids.ts";
import { halfWindows, rollingWindows, slidingWindows, stridedWindows, type Window } from "./windows.ts";

/** llama-perplexity; llama-perplexity --ppl-stride; Hugging Face's page; lm-evaluation-harness. */
export const PROTOCOLS = ["half", "sliding", "strided", "rolling"] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

export interface Protocol {
  readonly name: ProtocolName;
  /** Tokens of a window. Default 512 for `half` and `sliding`, else the context; at most the context. */
  readonly size: number | undefined;
  /** Tokens between the starts of windows, for `sliding` and `strided`. Default half a window. */
  readonly stride: number | undefined;
}

/** llama-perplexity's default. */
const LLAMA_WINDOW = 512;

interface Plan {
  readonly windows: readonly Window[];
  /** Tokens of the text. */
  readonly tokens: number;
}

/**
 * @throws GptError `usage` for a stride that skips tokens, and for a model that names no token which begins a
 *   text if the first window needs one
 */
export function planWindows(model: LanguageModel, text: string, protocol: Protocol): Plan {
  const { tokenizer } = model;
  const { name } = protocol;
  const size = windowSize(model, protocol);
  const stride = strideOf(protocol, size);
  // llama-perplexity takes `<|endoftext|>` for plain text, the other two for the token.
  const isLlama = name === "half" || name === "sliding";
  const ids = textIds(tokenizer, text, { parseSpecial: !isLlama });
  const windows = {
    half: () => halfWindows(ids, size, tokenizer.startIds[0]),
    sliding: () => slidingWindows(ids, size, stride),
    strided: () => stridedWindows(ids, size, stride),
    rolling: () => rollingWindows(ids, size, prefixOf(model)),
  }[name]();
  return { windows, tokens: ids.length };
}

/** `half windows of 512 tokens`, `strided windows of 1024 tokens, stride 512, BOS`. */
export function describeProtocol(model: LanguageModel, protocol: Protocol): string {
  const size = windowSize(model, protocol);
  const slides = protocol.name === "sliding" || protocol.name === "strided";
  const stride = slides ? `, stride ${strideOf(protocol, size)}` : "";
  const begin = model.tokenizer.startIds.length > 0 ? ", BOS" : ", no BOS";
  return `${protocol.name} windows of ${size} tokens${stride}${begin}`;
}

function windowSize({ contextSize }: LanguageModel, { name, size, stride = 0 }: Protocol): number {
  if (name === "half") return Math.min(size ?? LLAMA_WINDOW, contextSize);
  // llama-perplexity adds half the stride.
  if (name === "sliding") {
    return Math.min((size ?? LLAMA_WINDOW) + Math.floor(stride / 2), contextSize);
  }
  return Math.min(size ?? contextSize, contextSize);
}

function strideOf({ stride }: Protocol, size: number): number {
  const chosen = stride ?? Math.max(1, Math.floor(size / 2));
  if (chosen <= size) return chosen;
  throw new GptError("usage", `--stride ${chosen}: a window has ${size} tokens, so some would be skipped`);
}

/** Begins the first window of lm-evaluation-harness. */
function prefixOf({ tokenizer }: LanguageModel): number {
  const prefix = tokenizer.bosId ?? tokenizer.endOfTextIds[0];
  if (prefix !== undefined) return prefix;
  throw new GptError("usage", "this model names no token that begins a text: try --windows strided");
}
