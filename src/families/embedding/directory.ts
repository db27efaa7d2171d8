/**
 * The files of sentence-transformers beside a model: modules.json lists what follows the hidden states, other
 * files hold the texts of prompts and the longest input.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { GptError } from "../../errors.ts";
import { readJsonList } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { bare, type DenseModule, type EmbeddingModules, POOLINGS, type Pooling } from "./modules.ts";

/**
 * Of a directory, if it has a modules.json.
 *
 * @throws GptError `invalid-file` for a module that is not implemented, and for a wrong field
 */
export async function readModules(
  directory: string,
  isEncoder: boolean,
): Promise<EmbeddingModules | undefined> {
  const path = join(directory, "modules.json");
  if (!existsSync(path)) return undefined;
  const modules = await listedModules(path);
  const transformer = modules.find(({ kind }) => kind === "Transformer")?.path ?? "";
  const limits = await optionalFields(join(directory, transformer, "sentence_bert_config.json"));
  const settings = await optionalFields(join(directory, "config_sentence_transformers.json"));
  const pooling = modules.find(({ kind }) => kind === "Pooling");
  const dense = modules.filter(({ kind }) => kind === "Dense");
  return {
    poolings: pooling
      ? await readPooling(join(directory, pooling.path, "config.json"))
      : bare(isEncoder).poolings,
    dense: await Promise.all(dense.map(({ path }) => readDense(join(directory, path)))),
    normalize: modules.some(({ kind }) => kind === "Normalize"),
    prompts: readPrompts(settings),
    defaultPrompt: settings?.optionalString("default_prompt_name"),
    maxTokens: limits?.get("max_seq_length") === undefined ? undefined : limits.count("max_seq_length"),
    trims: true,
    lowerCases: limits?.boolean("do_lower_case", false) ?? false,
  };
}

interface ListedModule {
  readonly kind: string;
  readonly path: string;
}

const KINDS = ["Transformer", "Pooling", "Dense", "Normalize"];

/** `type` is the name of a class, such as `sentence_transformers.models.Pooling`. */
async function listedModules(path: string): Promise<ListedModule[]> {
  const list = await readJsonList(path);
  return list.map((entry, i) => {
    const fields = new JsonFields(path, `[${i}].`, entry);
    const type = fields.string("type");
    const kind = type.slice(type.lastIndexOf(".") + 1);
    const folder = fields.optionalString("path") ?? "";
    if (folder !== basename(folder)) fields.fail("path", "the name of a folder");
    if (KINDS.includes(kind)) return { kind, path: folder };
    const problem = `[${i}].type is ${quote(type)}, which is not supported: ${KINDS.join(", ")} are`;
    throw new GptError("invalid-file", `${path}: ${problem}`);
  });
}

/** The new form names the pooling, the old one has a switch for each. */
async function readPooling(path: string): Promise<readonly Pooling[]> {
  const fields = await JsonFields.read(path);
  if (fields.boolean("include_prompt", true) === false) {
    throw new GptError("invalid-file", `${path}: include_prompt is false, which is not supported`);
  }
  const mode = fields.get("pooling_mode");
  if (mode !== undefined) {
    const names = [mode].flat();
    const known = names.map((name) => POOLINGS.find((pooling) => pooling === name));
    if (known.every((name) => name !== undefined)) return known;
    throw new GptError(
      "invalid-file",
      `${path}: pooling_mode is ${quote(mode)}, expected ${POOLINGS.join(", ")}`,
    );
  }
  const switches: Readonly<Record<Pooling, string>> = {
    cls: "cls_token",
    max: "max_tokens",
    mean: "mean_tokens",
    mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
    weightedmean: "weightedmean_tokens",
    lasttoken: "lasttoken",
  };
  const chosen = POOLINGS.filter((pooling) => fields.boolean(`pooling_mode_${switches[pooling]}`, false));
  return chosen.length > 0 ? chosen : ["mean"];
}

async function readDense(directory: string): Promise<DenseModule> {
  const path = join(directory, "config.json");
  const fields = await JsonFields.read(path);
  const name = fields.optionalString("activation_function") ?? "torch.nn.modules.activation.Tanh";
  const activation = { Tanh: "tanh", Identity: "none" }[name.slice(name.lastIndexOf(".") + 1)];
  if (activation !== "tanh" && activation !== "none") {
    throw new GptError(
      "invalid-file",
      `${path}: activation_function is ${quote(name)}, expected Tanh or Identity`,
    );
  }
  return {
    directory,
    inputs: fields.count("in_features"),
    outputs: fields.count("out_features"),
    bias: fields.boolean("bias", true),
    activation,
  };
}

function readPrompts(settings: JsonFields | undefined): ReadonlyMap<string, string> {
  const prompts = settings?.optionalObject("prompts");
  return new Map(prompts?.names.map((name) => [name, prompts.string(name)]));
}

const optionalFields = async (path: string): Promise<JsonFields | undefined> =>
  existsSync(path) ? await JsonFields.read(path) : undefined;
