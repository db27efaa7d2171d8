/** `gpt look`: loads the model, reads the prompt, and shows a view. */
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { loadWithEngine } from "../../../library/load-model.ts";
import { readerOptions } from "../../flags/model-flags.ts";
import { parseIds } from "../../flags/values/ids.ts";
import { loadingText, tellingProgress } from "../../load.ts";
import { readInput } from "../../terminal/input.ts";
import { Output } from "../../terminal/output.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { styleFor } from "../../terminal/style.ts";
import { type LookArguments, VIEWS, type View } from "./flags.ts";
import type { Looking } from "./looking.ts";

const EXAMPLE = 'gpt look tokens "Once upon a time"';

/** Columns of what no terminal shows. */
const COLUMNS = 100;

const views: Readonly<Record<View, () => Promise<(looking: Looking) => Promise<void>>>> = {
  attention: async () => (await import("./attention.ts")).showAttention,
  lens: async () => (await import("./lens.ts")).showLens,
  tokens: async () => (await import("./tokens.ts")).showTokens,
  why: async () => (await import("./why.ts")).showWhy,
  embeddings: async () => (await import("./embeddings.ts")).showEmbeddings,
  neurons: async () => (await import("./neurons.ts")).showNeurons,
  ablate: async () => (await import("./ablate.ts")).showAblation,
  patch: async () => (await import("./patch.ts")).showPatching,
  steer: async () => (await import("./steer.ts")).showSteering,
  flow: async () => (await import("./flow.ts")).showFlow,
  page: async () => (await import("./page.ts")).writePage,
  dump: async () => (await import("./dump.ts")).dump,
};

/** @throws GptError as `loadModel` and the views; the signal's reason when it is aborted */
export async function look(args: LookArguments, signal: AbortSignal): Promise<void> {
  const { view, quiet, color } = args;
  if (view === undefined) throw new GptError("usage", `name a view: ${VIEWS.join(", ")}; try ${EXAMPLE}`);
  const texts = await textsOf(args, view, signal);
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), quiet, color);
  const shown = args.output !== undefined && view !== "dump" ? "page" : view;
  // Gradients need floats.
  const options = readerOptions(
    (shown === "why" || shown === "page") && args.quant === undefined ? { ...args, quant: "f32" } : args,
  );
  const found = await loadWithEngine(path, { ...options, signal, ...tellingProgress(path, spinner) });
  const { model } = found;
  await using _ = model;
  spinner.stop();
  const prompts = texts.map((text) =>
    typeof text === "string" && view !== "embeddings" ? model.promptIds(text) : text,
  );
  const show = await views[shown]();
  await show({
    ...found,
    args,
    prompts: prompts.filter((prompt) => typeof prompt !== "string"),
    output: new Output(),
    style: styleFor(process.stdout, color),
    columns: process.stdout.columns || COLUMNS,
    signal,
    progress: (all, label) => startProgress(all, label, quiet === true || process.stdout.isTTY),
  });
}

/** The texts and lists of ids that the view takes. */
async function textsOf(
  { text = [], ids, ...args }: LookArguments,
  view: View,
  signal: AbortSignal,
): Promise<readonly (string | readonly number[])[]> {
  if (view === "embeddings") return [];
  const given = ids ? ids.map(parseIds) : text;
  const wanted = view === "patch" || (view === "steer" && args.vector === undefined) ? 2 : 1;
  if (wanted === 1 && given.length === 0) return [await readInput(undefined, EXAMPLE, args, signal)];
  if (given.length !== wanted) {
    const found = `${given.length} prompt${given.length === 1 ? "" : "s"}`;
    throw new GptError(
      "usage",
      `gpt look ${view} takes ${wanted === 1 ? "one prompt" : "two prompts"}, found ${found}`,
    );
  }
  return given;
}
