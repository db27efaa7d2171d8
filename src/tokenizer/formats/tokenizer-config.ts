/** tokenizer_config.json and special_tokens_map.json, the files beside a vocabulary. */

import { join } from "node:path";
import type { JsonValue } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { files } from "../../host/files.ts";
import type { AddedToken } from "../added-tokens.ts";
import { MAX_TOKENS } from "../bpe/vocabulary.ts";
import type { InputLimits } from "../description.ts";
import type { Side } from "../template.ts";
import { readAddedToken } from "./added-token.ts";
import type { BertOptions } from "./pipeline/pipelines.ts";

export interface TokenizerConfig {
  readonly directory: string;
  /** `LlamaTokenizer`: the class of Hugging Face's transformers, without `Fast`. */
  readonly className: string | undefined;
  readonly bos: NamedToken | undefined;
  readonly eos: NamedToken | undefined;
  /** The token with a role such as `unk_token`. */
  readonly named: (role: Role) => NamedToken | undefined;
  /** The texts of all tokens that have a role. */
  readonly special: readonly string[];
  readonly addBos: boolean | undefined;
  readonly addPrefixSpace: boolean;
  /** The number of tokens that T5Tokenizer adds to its model's. */
  readonly extraTokens: number;
  /** How BertTokenizer rewrites text. */
  readonly bert: BertOptions;
  /** Code of the language of the texts that a translation model reads. */
  readonly sourceLanguage: string | undefined;
  /** The list of languages: `m2m100` or `wmt21`. */
  readonly languageCodes: string | undefined;
  /** The code stands behind a source, not before it (NLLB's first files). */
  readonly codeIsLast: boolean;
  /** The longest input that the model reads; undefined for one without a limit. */
  readonly maxTokens: number | undefined;
  readonly truncationSide: Side;
  readonly addedTokens: readonly AddedToken[];
}

/** A token that a file gives a role by its text. */
export interface NamedToken {
  readonly content: string;
  readonly file: string;
  /** `bos_token` */
  readonly role: string;
}

export const SPECIAL_TOKEN_ROLES = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;
export type Role = (typeof SPECIAL_TOKEN_ROLES)[number];
const MORE = "additional_special_tokens";

/** Reads the two files, if they exist. tokenizer_config.json goes first. */
export async function readTokenizerConfig(directory: string): Promise<TokenizerConfig> {
  const path = join(directory, "tokenizer_config.json");
  const config = files.exists(path) ? await JsonFields.read(path) : undefined;
  const mapPath = join(directory, "special_tokens_map.json");
  const map = files.exists(mapPath) ? await JsonFields.read(mapPath) : undefined;
  return tokenizerConfig(directory, config, map);
}

/** The texts of the special tokens that the two files name, by their roles. */
export async function specialTokenTexts(directory: string): Promise<ReadonlyMap<string, string>> {
  const { named } = await readTokenizerConfig(directory);
  return new Map(
    SPECIAL_TOKEN_ROLES.flatMap((role) => {
      const token = named(role);
      return token === undefined ? [] : [[role, token.content] as const];
    }),
  );
}

/** @param map special_tokens_map.json */
export function tokenizerConfig(
  directory: string,
  config: JsonFields | undefined,
  map?: JsonFields,
): TokenizerConfig {
  const named = (role: Role) => (config && readNamed(config, role)) ?? (map && readNamed(map, role));
  const roles = SPECIAL_TOKEN_ROLES.map(named).filter((token) => token !== undefined);
  const listed = [config, map].flatMap((fields) =>
    fields?.get(MORE) === undefined ? [] : readListed(fields),
  );
  return {
    directory,
    className: config?.optionalString("tokenizer_class")?.replace(/Fast$/, ""),
    bos: named("bos_token"),
    eos: named("eos_token"),
    named,
    special: [...roles.map(({ content }) => content), ...listed],
    addBos: config?.optionalBoolean("add_bos_token"),
    addPrefixSpace: config?.boolean("add_prefix_space", false) ?? false,
    extraTokens: config === undefined ? USUAL_EXTRA_TOKENS : readExtraTokens(config),
    bert: {
      lowercase: config?.boolean("do_lower_case", true) ?? true,
      stripAccents: config?.optionalBoolean("strip_accents") ?? null,
      splitIdeographs: config?.boolean("tokenize_chinese_chars", true) ?? true,
    },
    sourceLanguage: config?.optionalString("src_lang"),
    languageCodes: config?.optionalString("language_codes"),
    codeIsLast: config?.boolean("legacy_behaviour", false) ?? false,
    maxTokens: config && readMaxTokens(config),
    truncationSide: config?.optionalString("truncation_side") === "left" ? "left" : "right",
    addedTokens: readAddedTokens(config?.optionalObject("added_tokens_decoder")),
  };
}

const USUAL_EXTRA_TOKENS = 100;

function readExtraTokens(config: JsonFields): number {
  if (config.get("extra_ids") === undefined) return USUAL_EXTRA_TOKENS;
  const count = config.count("extra_ids");
  return count <= MAX_TOKENS ? count : config.fail("extra_ids", `at most ${MAX_TOKENS}`);
}

/** @param truncation of tokenizer.json: the limit that it carries itself, and its side */
export function limitsOf(config: TokenizerConfig, truncation?: JsonFields): InputLimits {
  const direction = truncation?.optionalString("direction");
  return {
    truncation: truncation?.count("max_length"),
    model: config.maxTokens,
    side: direction === undefined ? config.truncationSide : direction === "Left" ? "left" : "right",
  };
}

/** Files without a limit have a number such as 1e30. */
function readMaxTokens(fields: JsonFields): number | undefined {
  const value = fields.get("model_max_length");
  if (value === undefined) return undefined;
  if (typeof value !== "number" || value < 1) return fields.fail("model_max_length", "a number from 1");
  return value > Number.MAX_SAFE_INTEGER ? undefined : Math.floor(value);
}

function readNamed(fields: JsonFields, role: string): NamedToken | undefined {
  const value = fields.get(role);
  if (value === undefined) return undefined;
  const content = contentOf(value) ?? fields.fail(role, "a string, or an object with its content");
  return { content, file: fields.file, role };
}

function readListed(fields: JsonFields): string[] {
  return fields.list(MORE).map((value) => contentOf(value) ?? fields.fail(MORE, "a list of tokens"));
}

/** A token is its text, or an object that has its text as `content`. */
function contentOf(value: JsonValue): string | undefined {
  const content = typeof value === "object" && value !== null && "content" in value ? value.content : value;
  return typeof content === "string" ? content : undefined;
}

/** `{"151643": {"content": "<|endoftext|>", ...}}` */
function readAddedTokens(fields: JsonFields | undefined): AddedToken[] {
  if (fields === undefined) return [];
  return fields.names.map((id) => {
    if (!/^\d{1,9}$/.test(id)) fields.fail(id, "an id as its name", id);
    return readAddedToken(fields.object(id), Number(id));
  });
}
