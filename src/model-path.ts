/** Where models are: a path, or a name in the package's models/ folder or in $GPT_MODELS. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GptError } from "./errors.ts";

/** The model that comes with the package. */
export const EMBEDDED_MODEL = "stories-gpt2";

/** Beside src/ and dist/ alike. */
const PACKAGE_MODELS = fileURLToPath(new URL("../models", import.meta.url));

/**
 * Finds a model: a path that exists, else NAME or NAME.gguf in models/ or $GPT_MODELS. Without a name it is
 * $GPT_MODEL, and without that the embedded model.
 * @throws GptError `not-found`, with the places looked at and the names there are
 */
export function findModel(nameOrPath?: string): string {
  const wanted = nameOrPath ?? process.env.GPT_MODEL ?? "";
  if (wanted === "" && nameOrPath === undefined) return join(PACKAGE_MODELS, EMBEDDED_MODEL);

  const folders = [PACKAGE_MODELS, process.env.GPT_MODELS ?? ""].filter((folder) => folder !== "");
  const inFolders = folders.flatMap((folder) => [join(folder, wanted), join(folder, `${wanted}.gguf`)]);
  const found = wanted === "" ? undefined : [wanted, ...inFolders].find((path) => existsSync(path));
  if (found !== undefined) return found;

  const names = folders.flatMap(modelNames).sort();
  const advice = names.length > 0 ? `the models there are ${names.join(", ")}` : "there are no models";
  const elsewhere = process.env.GPT_MODELS ? "" : "; $GPT_MODELS may name another folder";
  throw new GptError(
    "not-found",
    `no model ${JSON.stringify(wanted)}: it is no path, and in ${folders.join(" and ")} ${advice}${elsewhere}`,
  );
}

/** Directories with a config.json, and GGUF files without their ending. */
function modelNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((entry) => {
    if (entry.endsWith(".gguf")) return [entry.slice(0, -".gguf".length)];
    return existsSync(join(folder, entry, "config.json")) ? [entry] : [];
  });
}
