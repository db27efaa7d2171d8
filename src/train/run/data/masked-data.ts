/** Data of an encoder's run: text in files -> batches of windows with masks. */
import { type Masking, maskWindow, sampleWindows } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { maskTokenOf } from "../../../library/mask-token.ts";
import type { Tokenizer } from "../../../tokenizer/index.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import type { Needs } from "./needs.ts";
import { dataSetOf, tokenizeData, validationOf } from "./window-data.ts";

/** Seed of the masks of an evaluation, which are the same every time. */
const EVALUATION = 0;

/**
 * Documents lie end to end, each with its special tokens, and windows are cut of them. The masks of a window
 * differ from epoch to epoch (Liu et al. 2019, section 4.1).
 *
 * @throws GptError `usage` for a tokenizer without a mask, and as `windowData`
 */
export async function maskedData(
  directory: RunDirectory,
  needs: Needs,
  signal: AbortSignal,
): Promise<DataSet> {
  const masking = maskingOf(needs.tokenizer);
  const { context, sequences, seed, evalWindows } = needs.plan;
  const tokens = await tokenizeData(directory, needs, signal);
  const { train, valid } = tokens;
  // A window has one token more than its context, for the target behind the last input. Masks need none.
  const inner = (length: number) => Math.max(1, Math.min(context, length) - 1);
  const run = {
    stepTokens: sequences * context,
    async batch(step: number) {
      const windows = await sampleWindows(train, { seed, step, batch: sequences, context: inner(context) });
      return windows.map((window, row) => maskWindow(window, masking, seed, step * sequences + row));
    },
    validation: validationOf(valid, inner(valid.length), evalWindows, (window, number) =>
      maskWindow(window, masking, EVALUATION, number),
    ),
  };
  return await dataSetOf(tokens, run, inner(context));
}

function maskingOf(tokenizer: Tokenizer): Masking {
  const maskId = tokenizer.controlTokenId(maskTokenOf(tokenizer) ?? "");
  if (maskId === undefined)
    throw new GptError("usage", "--task fill-mask: the tokenizer of --init has no mask");
  return { maskId, vocabSize: tokenizer.vocabSize, isSpecial: (id) => tokenizer.isSpecial(id) };
}
