/** `gpt fill-mask`: from texts to the likeliest tokens for their masks. */

import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import type { Encoder, FilledMask } from "../../../library/encoder.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { readerOptions } from "../../flags/model-flags.ts";
import { loadingText, loadToRead } from "../../load.ts";
import { Output } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { givenTexts } from "../../texts.ts";
import type { FillMaskArguments } from "./flags.ts";

const EXAMPLE = 'gpt fill-mask -m path/to/bert "The capital of France is [MASK]."';

/** @throws GptError as `loadEncoder` and `givenTexts`; the signal's reason when it is aborted */
export async function fillMask(args: FillMaskArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  await using encoder = await loadToRead(path, { ...readerOptions(args), signal }, spinner);
  spinner.stop();

  const output = new Output();
  for await (const given of givenTexts(args, EXAMPLE, signal)) {
    try {
      const { text, pair } = given.read();
      const masks = await encoder.fillMask(text, { top: args.top, pair, signal });
      if (args.json) await output.writeJson({ id: given.id, text, masks });
      else await output.write(tokenLines(masks, encoder));
    } catch (error) {
      if (!(args.lines || args.jsonl) || !(error instanceof GptError)) throw error;
      process.exitCode = someFailedStatus;
      const { code, message } = error;
      if (args.json) await output.writeJson({ id: given.id, error: { code, message } });
      else await output.write("\n");
    }
  }
}

/** A line for each candidate, and an empty line between two masks. */
const tokenLines = (masks: readonly FilledMask[], { tokenizer }: Encoder): string =>
  masks
    .map(({ candidates }) =>
      candidates
        .map(
          ({ id, token, probability }) =>
            `${wordOf(tokenizer.decode([id]), token)}\t${probability.toFixed(4)}\n`,
        )
        .join(""),
    )
    .join("\n");

/** The text of a token without its space; a piece that goes on with a word keeps its mark. */
const wordOf = (text: string, token: string): string =>
  token.startsWith("##") ? token : text.trim() || token;
