/** The chat templates in a model's files, and the special tokens that they print. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { GgufMetadata } from "../../checkpoint/checkpoint.ts";
import { openGguf } from "../../checkpoint/gguf/parts.ts";
import { GptError } from "../../errors.ts";
import { readText } from "../../files/file.ts";
import { isJsonObject } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { SPECIAL_TOKEN_ROLES, specialTokenTexts } from "../../tokenizer/index.ts";
import { ChatTemplate } from "./chat-template.ts";

/** Sources by name; the one without a name of its own is `default`. */
interface StoredTemplates {
  /** The file that holds them. */
  readonly file: string;
  readonly sources: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
}

const DEFAULT = "default";
/** The template of Hugging Face's older models for prompts with tools. */
const WITH_TOOLS = "tool_use";

interface Choice {
  /** A template by its name, where a model has several. */
  readonly name?: string | undefined;
  readonly hasTools?: boolean;
}

/**
 * The chat template of a model.
 *
 * @param path a directory or a GGUF file
 * @returns undefined for a model without one, which was not trained to chat
 * @throws GptError `not-found` for a name that the model does not have, and as `ChatTemplate`
 */
export async function chatTemplateOf(path: string, { name, hasTools = false }: Choice = {}) {
  const { file, sources, tokens } = await storedTemplates(path);
  if (sources.size === 0) return undefined;
  const wanted = name ?? (hasTools && sources.has(WITH_TOOLS) ? WITH_TOOLS : DEFAULT);
  const [only] = sources.values();
  const source = sources.get(wanted) ?? (name === undefined && sources.size === 1 ? only : undefined);
  if (source !== undefined) return new ChatTemplate(source, file, tokens);
  const names = [...sources.keys()].map(quote).join(", ");
  throw new GptError("not-found", `${file}: has no chat template ${quote(wanted)}, it has ${names}`);
}

/** The special tokens that a template prints, by their roles. */
export const templateTokens = async (path: string): Promise<ReadonlyMap<string, string>> =>
  (await storedTemplates(path)).tokens;

async function storedTemplates(path: string): Promise<StoredTemplates> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return inDirectory(path);
  const { metadata } = await openGguf(path);
  return { file: path, sources: inMetadata(metadata), tokens: tokensIn(metadata) };
}

/** Files of their own count before the field of tokenizer_config.json. */
async function inDirectory(directory: string): Promise<StoredTemplates> {
  const tokens = await specialTokenTexts(directory);
  const sources = new Map<string, string>();
  const own = join(directory, "chat_template.jinja");
  if (existsSync(own)) sources.set(DEFAULT, await readText(own));
  for (const file of templateFiles(directory)) sources.set(basename(file, ".jinja"), await readText(file));
  if (sources.size > 0) return { file: own, sources, tokens };
  for (const name of ["tokenizer_config.json", "chat_template.json"]) {
    const file = join(directory, name);
    if (!existsSync(file)) continue;
    const found = inField(await JsonFields.read(file));
    if (found.size > 0) return { file, sources: found, tokens };
  }
  return { file: directory, sources, tokens };
}

const FOLDERS = ["additional_chat_templates", "chat_templates"];

const templateFiles = (directory: string): string[] =>
  FOLDERS.map((folder) => join(directory, folder)).flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith(".jinja"))
          .sort()
          .map((name) => join(folder, name))
      : [],
  );

/** A text, or a list of `{"name": .., "template": ..}`. */
function inField(fields: JsonFields): ReadonlyMap<string, string> {
  const field = "chat_template";
  const value = fields.get(field);
  if (value === undefined) return new Map();
  if (typeof value === "string") return new Map([[DEFAULT, value]]);
  const expected = "a text, or a list of names and templates";
  if (!Array.isArray(value)) return fields.fail(field, expected);
  return new Map(
    value.map((entry) => {
      const { name, template } = isJsonObject(entry) ? entry : {};
      if (typeof name === "string" && typeof template === "string") return [name, template] as const;
      return fields.fail(field, expected);
    }),
  );
}

const KEY = "tokenizer.chat_template";

function inMetadata(metadata: GgufMetadata): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const [key, value] of metadata) {
    if (typeof value !== "string") continue;
    if (key === KEY) sources.set(DEFAULT, value);
    else if (key.startsWith(`${KEY}.`)) sources.set(key.slice(KEY.length + 1), value);
  }
  return sources;
}

/** `bos_token` for the id in tokenizer.ggml.bos_token_id. */
function tokensIn(metadata: GgufMetadata): ReadonlyMap<string, string> {
  const texts = metadata.get("tokenizer.ggml.tokens");
  const found = new Map<string, string>();
  if (!Array.isArray(texts)) return found;
  for (const [role, key] of GGUF_ROLES) {
    const id = metadata.get(`tokenizer.ggml.${key}_token_id`);
    const text: unknown = typeof id === "number" ? texts[id] : undefined;
    if (typeof text === "string") found.set(role, text);
  }
  return found;
}

const GGUF_NAMES: Readonly<Record<string, string>> = {
  bos_token: "bos",
  eos_token: "eos",
  unk_token: "unknown",
  sep_token: "seperator",
  pad_token: "padding",
  cls_token: "cls",
  mask_token: "mask",
};
const GGUF_ROLES = SPECIAL_TOKEN_ROLES.map((role) => [role, GGUF_NAMES[role]] as const);
