/** Merges adapters into a model. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { checkValue, textRule } from "../checks/rules.ts";
import { kvShapeOf } from "../engine/kv-types.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { readText } from "../files/file.ts";
import { NewDirectory } from "../files/new-directory.ts";
import { refuseOverwriting } from "../files/output-file.ts";
import { findModel } from "../hub/find-model.ts";
import { type AdapterChoice, choicesRule } from "../weights/adapters/choice.ts";
import { adapterTemplate } from "../weights/adapters/template.ts";
import { planBanks } from "../weights/banks/plan.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { matrixNamed } from "../weights/load.ts";
import { CHAT_TEMPLATE, companionsOf, writeModel } from "../weights/model-writer.ts";
import { openBanks } from "../weights/open.ts";
import { loadPlan, planWeights } from "../weights/plan.ts";
import { resolveWeights } from "../weights/resolve.ts";
import { joinSlices, tensorsToWrite } from "../weights/tensor-writer.ts";
import { type ConversionOptions, checkConversionOptions } from "./options.ts";

/**
 * Writes a Hugging Face directory: the config and the tokenizer files of the model, and its weights in F32
 * with the adapters merged in. An adapter that learned messages brings their chat template.
 *
 * @param nameOrPath as for `loadModel`
 * @param adapters at least one. Several add up
 * @param directory new or empty
 * @throws GptError as `loadModel`, and as `NewDirectory.open`; the reason of an aborted signal
 */
export async function mergeAdapters(
  nameOrPath: string | undefined,
  adapters: readonly AdapterChoice[],
  directory: string,
  options: ConversionOptions = {},
): Promise<void> {
  checkConversionOptions(options);
  checkValue("adapters", adapters, choicesRule);
  checkValue("directory", directory, textRule);
  if (adapters.length === 0) throw new GptError("usage", "adapters: at least one is needed");
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  await refuseOverwriting(directory, [checkpoint.path, ...adapters.map(({ path }) => path)]);
  const plan = await planWeights(checkpoint, await parseModel(checkpoint), () => "f32", adapters);
  const target = await asDirectory(plan.checkpoint);
  const targets = resolveWeights(target, await parseModel(target));
  using place = await NewDirectory.open(directory);
  const learned = adapterTemplate(adapters);
  const companions = new Map(await companionsOf(checkpoint));
  if (learned !== undefined) companions.set(CHAT_TEMPLATE, await readText(learned));
  const { config } = plan.description;
  const session = { config, contextSize: 1, kvShape: kvShapeOf(config) };
  using open = openBanks(options, () => planBanks(session, plan));
  const matrices = await loadPlan(open, plan, options);
  const tensors = joinSlices(
    targets.flatMap((weight) => {
      const matrix = matrixNamed(matrices, weight.spec.name);
      return tensorsToWrite(open.packingOf(matrix), "", weight, matrix);
    }),
  );
  await writeModel(directory, target.config, companions, "F32", tensors);
  place.keep();
}
