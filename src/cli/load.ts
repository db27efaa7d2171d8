/** Loads a model or a classifier. A spinner shows the progress. */

import type { ModelOptions } from "../engine/model.ts";
import type { ReaderOptions } from "../engine/reader.ts";
import { modelName } from "../hub/model-name.ts";
import type { Classifier } from "../library/classifier.ts";
import type { Encoder } from "../library/encoder.ts";
import type { LanguageModel } from "../library/language-model.ts";
import { loadEncoder } from "../library/load-encoder.ts";
import { loadClassifier, loadModel } from "../library/load-model.ts";
import { bytes } from "./terminal/format.ts";
import { printable } from "./terminal/output.ts";
import type { Spinner } from "./terminal/spinner.ts";

/** The spinner's first text. */
export const loadingText = (path: string): string => `loading ${printable(modelName(path))}`;

/** Loading that takes longer than this gets a bar. */
const PATIENCE_MS = 1000;
const BAR_COLUMNS = 20;

/** Shows the progress in the spinner. */
export function tellingProgress(
  path: string,
  spinner: Spinner,
): { readonly onProgress: (loaded: number, total: number) => void } {
  const began = performance.now();
  return {
    onProgress: (loaded, total) => {
      if (performance.now() - began < PATIENCE_MS) return;
      spinner.say(`${loadingText(path)} ${loadingBar(loaded, total)}`);
    },
  };
}

/** `██████████░░░░░░░░░░ 658 MB of 1.32 GB`. */
export function loadingBar(loaded: number, total: number): string {
  const full = Math.floor((BAR_COLUMNS * loaded) / Math.max(1, total));
  return `${"█".repeat(full)}${"░".repeat(BAR_COLUMNS - full)} ${bytes(loaded)} of ${bytes(total)}`;
}

export const load = (path: string, options: ModelOptions, spinner: Spinner): Promise<LanguageModel> =>
  loadModel(path, { ...options, ...tellingProgress(path, spinner) });

export const loadToRead = (path: string, options: ReaderOptions, spinner: Spinner): Promise<Encoder> =>
  loadEncoder(path, { ...options, ...tellingProgress(path, spinner) });

export const loadForClasses = (path: string, options: ModelOptions, spinner: Spinner): Promise<Classifier> =>
  loadClassifier(path, { ...options, ...tellingProgress(path, spinner) });
