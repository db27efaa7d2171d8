/** Loads a model or a classifier. A spinner shows the progress. */

import type { ModelOptions } from "../engine/model.ts";
import type { ReaderOptions } from "../engine/reader.ts";
import { modelName } from "../hub/model-name.ts";
import type { Classifier } from "../library/classifier.ts";
import type { Encoder } from "../library/encoder.ts";
import type { LanguageModel } from "../library/language-model.ts";
import { loadEncoder } from "../library/load-encoder.ts";
import { loadClassifier, loadModel } from "../library/load-model.ts";
import { printable } from "./terminal/output.ts";
import type { Spinner } from "./terminal/spinner.ts";

/** The spinner's first text. */
export const loadingText = (path: string): string => `loading ${printable(modelName(path))}`;

/** Shows the progress in the spinner. */
export const tellingProgress = (
  path: string,
  spinner: Spinner,
): Required<Pick<ModelOptions, "onProgress">> => ({
  onProgress: (loaded, total) => spinner.say(`${loadingText(path)} ${Math.floor((100 * loaded) / total)}%`),
});

export const load = (path: string, options: ModelOptions, spinner: Spinner): Promise<LanguageModel> =>
  loadModel(path, { ...options, ...tellingProgress(path, spinner) });

export const loadToRead = (path: string, options: ReaderOptions, spinner: Spinner): Promise<Encoder> =>
  loadEncoder(path, { ...options, ...tellingProgress(path, spinner) });

export const loadForClasses = (path: string, options: ModelOptions, spinner: Spinner): Promise<Classifier> =>
  loadClassifier(path, { ...options, ...tellingProgress(path, spinner) });
