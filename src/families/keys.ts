/**
 * The table of keys: the name of a value in config.json and in GGUF metadata, how it is read and checked, and
 * how it is found in a decoder when that is written.
 */
import { ggufValue } from "../checkpoint/gguf/entries.ts";
import type { JsonValue } from "../files/json.ts";
import type { AttentionConfig, DecoderConfig, LayerConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import { LIMITS } from "./fields.ts";
import type { StoredConfig } from "./stored-config.ts";

export interface Key<T> {
  /** Field of config.json, or a function that finds the value there. Absent: config.json does not have it. */
  readonly json?: string | ((stored: StoredConfig) => T);
  /**
   * Key of GGUF metadata behind the name of the architecture, or a function that finds the value in the file.
   */
  readonly gguf?: string | ((stored: StoredConfig) => T);
  readonly kind: Kind<T>;
  /** The value in a decoder. Undefined: it is not written. */
  of(config: DecoderConfig): T | undefined;
}

/** How values of a type are read and written. */
export interface Kind<T> {
  /** @throws GptError `invalid-file` for a wrong value, and for a missing one if `absent` is undefined */
  read(stored: StoredConfig, name: string, absent: T | undefined): T;
  json(value: T): JsonValue;
  /** Undefined: a GGUF file with this value has no such key. */
  gguf(value: T): Uint8Array | undefined;
}

export type Keys = Readonly<Record<string, Key<unknown>>>;

export type ValuesOf<K extends Keys> = {
  readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never;
};

/** Place of a value in a format. */
const placeOf = <T>(key: Key<T>, format: StoredConfig["format"]): Key<T>["json"] =>
  format === "gguf" ? key.gguf : key.json;

/** Names of the values of a family in a format. */
export function namesOf(keys: Keys, format: StoredConfig["format"]): ReadonlyMap<string, string> {
  const names = Object.entries(keys).map(([name, key]) => [name, placeOf(key, format)] as const);
  return new Map(names.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** Reads the values of a family. */
export function readValues(
  { keys, defaults }: { readonly keys: Keys; readonly defaults: Readonly<Record<string, unknown>> },
  stored: StoredConfig,
): Readonly<Record<string, unknown>> {
  const values = Object.entries(keys).map(([name, key]) => {
    const place = placeOf(key, stored.format);
    if (place === undefined) return [name, defaults[name]];
    if (typeof place === "function") return [name, place(stored)];
    const absent = stored.format === "huggingface" ? defaults[name] : undefined;
    return [name, key.kind.read(stored, place, absent)];
  });
  return Object.fromEntries(values);
}

const { uint32, float32, bool, string } = ggufValue;

export const count = (max: number, min = 1): Kind<number> => ({
  read: ({ fields }, name, absent) => fields.count(name, max, absent, min),
  json: (value) => value,
  gguf: uint32,
});

/** Null means that the value follows from others, even if there is a default. */
export const optionalCount = (max: number): Kind<number | undefined> => ({
  read: ({ fields }, name, absent) =>
    fields.is(name, null) || (absent === undefined && !fields.has(name))
      ? undefined
      : fields.count(name, max, absent),
  json: (value = 0) => value,
  gguf: (value = 0) => uint32(value),
});

export const positive: Kind<number> = {
  read: ({ fields }, name, absent) => fields.positive(name, absent),
  json: (value) => value,
  gguf: float32,
};

/** A number above 0, and at most 1. */
export const part: Kind<number> = {
  ...positive,
  read: ({ fields }, name, absent) => fields.part(name, absent),
};

export const flag: Kind<boolean> = {
  read: ({ fields }, name, absent) => fields.flag(name, absent ?? false),
  json: (value) => value,
  gguf: bool,
};

/**
 * One of several words.
 *
 * @param spellings meaning by word; the first word of a meaning is written
 * @param usual meaning of a GGUF file without the key
 */
export function choice<T extends string>(spellings: ReadonlyMap<string, T>, usual: T): Kind<T> {
  const words = [...spellings.keys()];
  const wordOf = (value: T) => words.find((word) => spellings.get(word) === value) ?? value;
  return {
    read({ fields }, name, absent) {
      const found = spellings.get(fields.text(name, wordOf(absent ?? usual)));
      if (found === undefined) throw fields.wrong(name, `expected one of ${words.join(", ")}`);
      return found;
    },
    json: wordOf,
    gguf: (value) => (value === usual ? undefined : string(wordOf(value))),
  };
}

const vocabulary: Kind<number> = {
  read: ({ tensors, fields, listedTokens }, name, absent) =>
    tensors.get("token_embd.weight")?.shape[0] ??
    fields.count(name, LIMITS.vocabulary, absent ?? listedTokens),
  json: (value) => value,
  gguf: uint32,
};

/** Without the field, a language model whose files hold no head has the token embedding as its head. */
const tied: Kind<boolean> = {
  read({ fields, tensors, headTensor, isClassifier }, name, absent = false) {
    if (fields.has(name)) return fields.flag(name, absent);
    return absent || (tensors.size > 0 && !tensors.has(headTensor ?? "") && !isClassifier);
  },
  json: (value) => value,
  gguf: bool,
};

/** The first layer, for values that all layers share. */
export function firstLayer({ layers: [layer] }: DecoderConfig): LayerConfig {
  if (layer === undefined) throw new Error("a decoder without layers");
  return layer;
}

/** The attention of the first layer that has one, for values that all of them share. */
export function firstAttention(config: DecoderConfig): AttentionConfig {
  const [attention] = attentionsOf(config);
  if (attention === undefined) throw new Error("a decoder without attention");
  return attention;
}

/** Infers the type of a key's values. */
export const key = <T>(key: Key<T>): Key<T> => key;

/** The same value in a family whose config.json does not have it. */
export const ggufOnly = <T>({ json: _, ...key }: Key<T>): Key<T> => key;

/** Sizes by their usual names. Their order is that of GGUF files by llama.cpp. */
export const SIZES = {
  nLayer: key({
    json: "num_hidden_layers",
    gguf: "block_count",
    kind: count(LIMITS.layers),
    of: ({ layers }) => layers.length,
  }),
  nPositions: key({
    json: "max_position_embeddings",
    gguf: "context_length",
    kind: count(LIMITS.positions),
    of: ({ nPositions }) => nPositions,
  }),
  nEmbd: key({
    json: "hidden_size",
    gguf: "embedding_length",
    kind: count(LIMITS.width),
    of: ({ nEmbd }) => nEmbd,
  }),
  nInner: key({
    json: "intermediate_size",
    gguf: "feed_forward_length",
    kind: count(LIMITS.width),
    of: (config) => firstLayer(config).mlp.nInner,
  }),
  vocabSize: key({
    json: "vocab_size",
    gguf: "vocab_size",
    kind: vocabulary,
    of: ({ vocabSize }) => vocabSize,
  }),
  nHead: key({
    json: "num_attention_heads",
    gguf: "attention.head_count",
    kind: count(LIMITS.heads),
    of: (config) => firstAttention(config).nHead,
  }),
  nKvHead: key({
    json: "num_key_value_heads",
    gguf: "attention.head_count_kv",
    kind: optionalCount(LIMITS.heads),
    of: (config) => firstAttention(config).nKvHead,
  }),
};

/** Whether the token embedding is the output head. */
export const TIED = key({
  json: "tie_word_embeddings",
  gguf: ({ tensors }) => !tensors.has("output.weight"),
  kind: tied,
  of: ({ head }) => head.kind === "tokens" && head.tied,
});
