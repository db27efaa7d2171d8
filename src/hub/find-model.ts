/**
 * Finds models: by a path, or by a name in the models/ folder of the package or in the folders of
 * $GPT_MODELS.
 */
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkValue, textRule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { packageFile } from "../host/package-files.ts";
import { cachedModel } from "./cached-models.ts";
import { repositoryAdvice, snapshotOf } from "./hugging-face-cache.ts";

/** The model that comes with the package. */
export const EMBEDDED_MODEL = "stories";

const PACKAGE_MODELS = fileURLToPath(packageFile("models"));

const GGUF = ".gguf";
/** A part of a GGUF file but the first (checkpoint/gguf-parts.ts). */
const LATER_PART = /-(?!00001)\d{5}-of-\d{5}\.gguf$/;

/** A model with a name. */
export interface NamedModel {
  readonly name: string;
  readonly path: string;
  readonly folder: string;
}

/**
 * Finds a model: a path that exists, else NAME or NAME.gguf in models/ or the folders of $GPT_MODELS, else
 * OWNER/NAME in the Hugging Face cache. Without a name it is $GPT_MODEL, and without that the embedded model.
 * A folder of the cache is one of its snapshots.
 *
 * @throws GptError `usage` for a value that is no text; `not-found` with the folders that were searched and
 *   their models
 */
export const findModel = (nameOrPath?: string): string => snapshotOf(findPath(nameOrPath));

function findPath(nameOrPath: string | undefined): string {
  if (nameOrPath !== undefined) checkValue("the name or path of a model", nameOrPath, textRule);
  const wanted = nameOrPath ?? process.env.GPT_MODEL ?? "";
  if (wanted === "" && nameOrPath === undefined) return join(PACKAGE_MODELS, EMBEDDED_MODEL);

  const folders = modelFolders();
  const inFolders = folders.flatMap((folder) => [join(folder, wanted), join(folder, wanted + GGUF)]);
  const found = wanted === "" ? undefined : [wanted, ...inFolders].find((path) => existsSync(path));
  if (found !== undefined) return found;

  const cached = cachedModel(wanted);
  if (cached !== undefined) return cached;
  const repository = repositoryAdvice(wanted);
  if (repository !== undefined) {
    const places = "it is no path, and not in the Hugging Face cache";
    throw new GptError("not-found", `no model ${JSON.stringify(wanted)}: ${places}: ${repository}`);
  }
  const names = folders.flatMap(modelsIn).map(({ name }) => name);
  const advice =
    names.length > 0
      ? `the models there are ${[...new Set(names)].sort().join(", ")}`
      : "there are no models";
  const elsewhere = process.env.GPT_MODELS ? "" : "; $GPT_MODELS may name another folder";
  throw new GptError(
    "not-found",
    `no model ${JSON.stringify(wanted)}: it is no path, and in ${folders.join(" and ")} ${advice}${elsewhere}`,
  );
}

/**
 * A name or an absolute path, which finds the same model from any working directory.
 *
 * @throws as `findModel`
 */
export const lastingName = (nameOrPath: string): string =>
  findPath(nameOrPath) === nameOrPath ? resolve(nameOrPath) : nameOrPath;

/** Folders of named models in the order of the search. $GPT_MODELS lists folders as $PATH does. */
export function modelFolders(): string[] {
  const listed = (process.env.GPT_MODELS ?? "").split(delimiter);
  return [PACKAGE_MODELS, ...listed].filter((folder) => folder !== "");
}

/**
 * Directories with a config.json, and GGUF files, by name: without the ending .gguf, unless a directory has
 * that name, and of a file in parts the first. None in a folder that is not there.
 */
export function modelsIn(folder: string): NamedModel[] {
  const entries = entriesOf(folder).sort();
  const isDirectory = (entry: string) => existsSync(join(folder, entry, "config.json"));
  return entries.flatMap((entry) => {
    const path = join(folder, entry);
    if (isDirectory(entry)) return [{ name: entry, path, folder }];
    if (!entry.endsWith(GGUF) || LATER_PART.test(entry)) return [];
    const short = entry.slice(0, -GGUF.length);
    return [{ name: isDirectory(short) ? entry : short, path, folder }];
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
