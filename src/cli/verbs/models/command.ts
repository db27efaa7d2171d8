/**
 * `gpt models`: the models that can be asked for by name, those of the Hugging Face cache too. Reads configs
 * and headers only.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { GptError } from "../../../errors.ts";
import { cachedModels } from "../../../hub/cached-models.ts";
import { findModel, modelFolders, modelsIn } from "../../../hub/find-model.ts";
import { listModel } from "../../../library/facts/listed-model.ts";
import { messageOf } from "../../../library/facts/load-problem.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, toggle } from "../../flags/flags.ts";
import { Output } from "../../terminal/output.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { listing } from "./listing.ts";

export const command = defineCommand({
  examples: ["gpt models", "GPT_MODELS=~/models gpt models", "gpt models --json"],
  flags: flagGroup("Output:", {
    json: toggle("A line of JSON for each model"),
    names: toggle("Names only"),
  }),
  async handler({ json, names }) {
    if (json && names) throw new GptError("usage", "--json and --names are two answers: choose one");
    const output = new Output();
    const found = [...modelFolders().flatMap(modelsIn), ...cachedModels()];
    for (const folder of modelFolders()) {
      const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
      if (!isFolder) warn(`$GPT_MODELS: ${folder} is no folder`);
    }
    if (names) {
      const distinct = new Set(found.map(({ name }) => onOneLine(name)));
      return await output.write([...distinct].map((name) => `${name}\n`).join(""));
    }
    const usual = defaultModel();
    const models = [];
    for (const model of found) models.push(await listModel(model, resolve(model.path) === usual));
    if (json) for (const model of models) await output.writeJson(model);
    else await output.write(listing(models));
  },
});

/** The path of the default model; undefined if $GPT_MODEL names a missing one. */
function defaultModel(): string | undefined {
  try {
    return resolve(findModel());
  } catch (error) {
    warn(`$GPT_MODEL: ${messageOf(error)}`);
    return undefined;
  }
}

/** A name, unchanged for completion. A line feed in it is escaped: it would make two names. */
const onOneLine = (name: string): string => (/\p{Cc}/u.test(name) ? visibleText(name) : name);

const warn = (message: string): boolean => process.stderr.write(`gpt: ${visibleText(message)}\n`);
