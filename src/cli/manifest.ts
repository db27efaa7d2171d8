/** The manifest of a result: what it depends on, and the command line that makes it again. */
import { hashedFiles, manifestOf } from "../evaluate/manifest.ts";
import { snakeCase } from "../files/snake-case.ts";
import type { LanguageModel } from "../library/language-model.ts";

/**
 * @param models each with its path
 * @param inputs files that were read beside the models
 */
export async function commandManifest(
  models: readonly (readonly [model: LanguageModel, path: string])[],
  inputs: readonly string[],
): Promise<object> {
  const all = await Promise.all(models.map(([model, path]) => manifestOf(model, path)));
  const files = all.flatMap((manifest) => manifest.files);
  const command = process.argv.slice(2);
  const read = (await Promise.all(inputs.map(hashedFiles))).flat();
  return snakeCase({ ...all[0], files, inputs: read, command, directory: process.cwd() }) as object;
}
