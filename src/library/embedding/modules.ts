/**
 * The files of sentence-transformers beside a model: modules.json lists what follows the hidden states, other
 * files hold the texts of prompts and the longest input.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import { readJsonList } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { POOLINGS, type Pooling } from "./pooling.ts";

export interface EmbeddingModules {
  readonly poolings: readonly Pooling[];
  /** Dense layers behind the pooling, by their directories. */
  readonly dense: readonly DenseModule[];
  readonly normalize: boolean;
  /** Texts that are put before the input, by name. */
  readonly prompts: ReadonlyMap<string, string>;
  readonly defaultPrompt: string | undefined;
  /** Tokens of the longest input, special tokens included. */
  readonly maxTokens: number | undefined;
  /** White space at the ends of a text is left out, as the library does it. */
  readonly trims: boolean;
  readonly lowerCases: boolean;
}

export interface DenseModule {
  readonly directory: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly activation: "tanh" | "none";
}

/** A model without these files. The library takes the mean; a decoder's last token alone has read all. */
const bare = (isEncoder: boolean): EmbeddingModules => ({
  poolings: [isEncoder ? "mean" : "lasttoken"],
  dense: [],
  normalize: false,
  prompts: new Map(),
  defaultPrompt: undefined,
  maxTokens: undefined,
  trims: false,
  lowerCases: false,
});

/** Values of `pooling_type` in GGUF files. */
const GGUF_POOLINGS: Readonly<Record<number, Pooling>> = { 1: "mean", 2: "cls", 3: "lasttoken" };

/**
 * Of a checkpoint. A GGUF file that names a pooling is a model of embeddings, which llama.cpp normalizes. One
 * that names none is read as a directory without modules.json.
 */
export function modulesOf(
  checkpoint: Checkpoint,
  isEncoder: boolean,
): Promise<EmbeddingModules> | EmbeddingModules {
  if (checkpoint.format === "huggingface") return readModules(checkpoint.path, isEncoder);
  const { metadata } = checkpoint;
  const type = metadata.get(`${metadata.get("general.architecture")}.pooling_type`);
  const named = typeof type === "number" ? GGUF_POOLINGS[type] : undefined;
  const modules = bare(isEncoder);
  return named === undefined ? modules : { ...modules, normalize: true, poolings: [named] };
}

/**
 * @throws GptError `invalid-file` for a module that is not implemented, and for a wrong field
 */
async function readModules(directory: string, isEncoder: boolean): Promise<EmbeddingModules> {
  const path = join(directory, "modules.json");
  if (!existsSync(path)) return bare(isEncoder);
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
