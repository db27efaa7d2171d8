/** A model, and what is known of it where it runs. */
import type { LanguageModel } from "../../language-model.ts";
import { engineOptions } from "../arguments/model-flags.ts";
import { load, loadingText } from "../load.ts";
import { modelName } from "../model-name.ts";
import { startSpinner } from "../terminal/spinner.ts";
import type { GenerateArguments } from "./flags.ts";

export interface LoadedModel {
  readonly model: LanguageModel;
  readonly name: string;
  /** Milliseconds that loading took. */
  readonly loadMs: number;
}

/**
 * Loads a model under a spinner.
 *
 * @param path as `findModel` finds it
 * @returns the model, which is closed when this is disposed of
 * @throws as `loadModel`
 */
export async function openModel(
  path: string,
  args: GenerateArguments,
  signal: AbortSignal,
): Promise<LoadedModel & AsyncDisposable> {
  const name = modelName(path);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  const start = performance.now();
  const model = await load(path, { ...engineOptions(args), signal }, spinner);
  const loadMs = performance.now() - start;
  return { model, name, loadMs, [Symbol.asyncDispose]: () => model.close() };
}
