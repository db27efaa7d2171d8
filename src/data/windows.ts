/** Training tokens as windows: what a model reads, and what it ought to predict. */

import { GptError } from "../errors.ts";
import type { TokenFile, TokenRun } from "./token-file.ts";
import { windowLayout, windowStart } from "./window-order.ts";

export interface Window {
  /** `context` tokens and the one after them. */
  readonly ids: Int32Array;
  /** What follows each of the first `context` tokens: its id, or `IGNORED` where nothing is learned from it. */
  readonly targets: Int32Array;
}

/** The target that counts for nothing: PyTorch's `ignore_index`. */
export const IGNORED = -100;

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
 * The windows of a training step: a function of these numbers alone. Every window comes once an epoch; a step may hold the
 * last ones of an epoch and the first ones of the next.
 *
 * @throws GptError `resource` for tokens that make no window
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
 * All tokens in their order, for evaluation: every token but the first is a target once. The last window starts earlier
 * where the tokens run out, and ignores the targets that it shares with the one before.
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
    const window = toWindow(await tokens.read(start, context + 1));
    window.targets.fill(IGNORED, 0, done - start);
    yield window;
  }
}

function toWindow({ ids, learned }: TokenRun): Window {
  return { ids, targets: ids.slice(1).map((id, place) => (learned[place + 1] ? id : IGNORED)) };
}

function checkLength({ length, path }: TokenFile, context: number): void {
  if (length > context) return;
  const advice = "give more text, or a shorter context";
  throw new GptError("resource", `${path}: ${length} tokens make no window of ${context} and one: ${advice}`);
}
