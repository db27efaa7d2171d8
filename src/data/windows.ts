/** Training tokens as windows of inputs and targets. */

import { GptError } from "../errors.ts";
import type { TokenFile, TokenRun } from "./token-file.ts";
import { windowLayout, windowStart } from "./window-order.ts";

/** `context` + 1 tokens: all but the last are inputs, all but the first are targets. */
export interface Window {
  readonly ids: readonly number[];
  /** Of each token: its id if a model learns to write it, else `IGNORED_LABEL`. */
  readonly labels: readonly number[];
}

/** Label without a loss, as in Hugging Face's and PyTorch's losses. */
export const IGNORED_LABEL = -100;

export interface Sampling {
  /** Unsigned 32-bit integer. */
  readonly seed: number;
  /** From 0 on. */
  readonly step: number;
  /** Windows of a step. */
  readonly batch: number;
  /** Tokens of a window. */
  readonly context: number;
}

/**
 * Windows of a training step, a function of these numbers alone. Every window comes once an epoch. A step may
 * hold the last windows of an epoch and the first of the next.
 *
 * @throws GptError `resource` for too few tokens for one window
 */
export async function sampleWindows(
  tokens: TokenFile,
  { seed, step, batch, context }: Sampling,
): Promise<Window[]> {
  checkLength(tokens, context);
  const layout = windowLayout(tokens.length, context);
  const numbers = Array.from({ length: batch }, (_, row) => step * batch + row);
  return Promise.all(
    numbers.map(async (number) =>
      toWindow(await tokens.read(windowStart(layout, seed, number), context + 1)),
    ),
  );
}

/** Windows of an epoch. @throws GptError as `sampleWindows` */
export function windowsPerEpoch(tokens: TokenFile, context: number): number {
  checkLength(tokens, context);
  return windowLayout(tokens.length, context).count;
}

/**
 * All tokens in their order, for evaluation: every token but the first is a target once. The last window
 * starts early enough to be whole, and ignores the tokens that it shares with the window before.
 *
 * @throws GptError as `sampleWindows`
 */
export async function* sequentialWindows(
  tokens: TokenFile,
  context: number,
): AsyncGenerator<Window, void, void> {
  checkLength(tokens, context);
  for (let done = 0; done < tokens.length - 1; done += context) {
    const start = Math.min(done, tokens.length - 1 - context);
    const { ids, learned } = await tokens.read(start, context + 1);
    yield toWindow({ ids, learned: learned.fill(0, 0, done - start + 1) });
  }
}

function toWindow({ ids, learned }: TokenRun): Window {
  const labels = Array.from(ids, (id, place) => (learned[place] ? id : IGNORED_LABEL));
  return { ids: Array.from(ids), labels };
}

function checkLength({ length, path }: TokenFile, context: number): void {
  if (length > context) return;
  const advice = "give more text, or a shorter context";
  throw new GptError(
    "invalid-file",
    `${path}: ${length} tokens make no window of ${context} and one: ${advice}`,
  );
}
