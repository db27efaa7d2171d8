/** Opens a model's tokenizer alone. The weights may be missing. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { openGguf } from "../checkpoint/gguf/parts.ts";
import { GptError } from "../errors.ts";
import { tokenizerClassOf } from "../families/find-family.ts";
import { readJsonObject } from "../files/json.ts";
import { findModel } from "../hub/find-model.ts";
import { loadTokenizer, type PipelineTokenizer, tokenizerFromGguf } from "../tokenizer/index.ts";

/**
 * @param model a name or a path as `findModel` takes it: a directory with tokenizer files, or a GGUF file
 * @throws GptError `not-found` for a model without a tokenizer
 */
export async function openTokenizer(model: string | undefined): Promise<PipelineTokenizer> {
  const path = findModel(model);
  const tokenizer = statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? await loadTokenizer(path, await familyClass(path))
    : await tokenizerFromGguf((await openGguf(path)).metadata, path);
  if (tokenizer !== undefined) return tokenizer;
  const wanted =
    "tokenizer.json, vocab.json and merges.txt, vocab.txt, spiece.model, or a .gguf file with a vocabulary";
  throw new GptError("not-found", `${path}: holds no tokenizer: expected ${wanted}`);
}

/** Class of tokenizer of the family that config.json, where there is one, names. */
async function familyClass(directory: string): Promise<string | undefined> {
  const path = join(directory, "config.json");
  if (!existsSync(path)) return undefined;
  const { model_type } = await readJsonObject(path);
  return typeof model_type === "string" ? tokenizerClassOf(model_type) : undefined;
}
