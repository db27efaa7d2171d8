/** A loaded model with its name and loading time, and the draft model. */

import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { loadWithEngine, type ModelWithEngine } from "../../../library/load-model.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { load, loadingText, tellingProgress } from "../../load.ts";
import { type Spinner, startSpinner } from "../../terminal/spinner.ts";
import type { GenerateArguments } from "./flags.ts";

export interface LoadedModel {
  readonly model: LanguageModel;
  readonly name: string;
  /** Milliseconds that loading took. */
  readonly loadMs: number;
  /** Of --draft. */
  readonly draft?: Pick<LoadedModel, "model" | "name"> | undefined;
}

/**
 * Loads a model, and that of --draft, under a spinner.
 *
 * @param path as `findModel` finds it
 * @returns the models, which are closed when this is disposed of
 * @throws as `loadModel`
 */
export async function openModel(
  path: string,
  args: GenerateArguments,
  signal: AbortSignal,
): Promise<LoadedModel & AsyncDisposable> {
  const name = modelName(path);
  const draftPath = args.draft === undefined ? undefined : findModel(args.draft);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  const start = performance.now();
  const found = await loadWithEngine(path, {
    ...engineOptions(args),
    signal,
    ...tellingProgress(path, spinner),
  });
  const loadMs = performance.now() - start;
  try {
    const model = await withVectors(found, args);
    const draft = draftPath === undefined ? undefined : await loadDraft(draftPath, args, signal, spinner);
    const dispose = async () => {
      await Promise.all([model.close(), draft?.model.close()]);
      await found.model.close();
    };
    return { model, name, loadMs, draft, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await found.model.close();
    throw error;
  }
}

/** The model under the vectors of --control-vector. */
async function withVectors(
  { model, engine, over }: ModelWithEngine,
  { controlVector = [] }: GenerateArguments,
): Promise<LanguageModel> {
  if (controlVector.length === 0) return model;
  const { readControlVector } = await import("../../../look/steering/control-vector.ts");
  const { steered } = await import("../../../look/steering/steering.ts");
  const read = controlVector.map(({ path, scale }) => readControlVector(path, engine.config, scale));
  return over(steered(engine, (await Promise.all(read)).flat()));
}

/** With its own context: it makes no guesses for a longer text. */
async function loadDraft(path: string, args: GenerateArguments, signal: AbortSignal, spinner: Spinner) {
  const { threads, simd } = engineOptions(args);
  return { model: await load(path, { threads, simd, signal }, spinner), name: modelName(path) };
}
