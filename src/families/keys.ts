/**
 * Values that config.json and GGUF metadata have in common, each with its name in both formats, how it is read, and how a decoder
 * says it when it is written.
 */
import { ggufValue } from "../checkpoint/gguf-entries.ts";
import type { JsonValue } from "../files/json.ts";
import type { DecoderConfig, LayerConfig } from "../model/config.ts";
import { LIMITS } from "./fields.ts";
import type { StoredConfig } from "./stored-config.ts";

export interface Key<T> {
  /** Field of config.json, or how its value is found there; undefined: config.json does not have it. */
  readonly json?: string | ((stored: StoredConfig) => T);
  /** Key of GGUF metadata behind the architecture's name, or how its value is found in a GGUF file. */
  readonly gguf?: string | ((stored: StoredConfig) => T);
  readonly kind: Kind<T>;
  /** Value where a file has none, in both formats. */
  readonly absent?: T;
  /** What a decoder says of it. Undefined: it is not written. */
  of(config: DecoderConfig): T | undefined;
}

/** How values of a type are read, checked and written. */
export interface Kind<T> {
  /** @throws GptError `invalid-file` where the value is wrong, or missing and `absent` is undefined */
  read(stored: StoredConfig, name: string, absent: T | undefined): T;
  json(value: T): JsonValue;
  /** Undefined: GGUF files say nothing for this value. */
  gguf(value: T): Uint8Array | undefined;
}

export type Keys = Readonly<Record<string, Key<unknown>>>;

export type ValuesOf<K extends Keys> = {
  readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never;
};

/** Where a format has a value. */
const placeOf = <T>(key: Key<T>, format: StoredConfig["format"]): Key<T>["json"] =>
  format === "gguf" ? key.gguf : key.json;

/** What a format calls the values of a family. */
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
    return [name, key.kind.read(stored, place, absent ?? key.absent)];
  });
  return Object.fromEntries(values);
}

const { uint32, float32, bool, string } = ggufValue;

export const count = (max: number): Kind<number> => ({
  read: ({ fields }, name, absent) => fields.count(name, max, absent),
  json: (value) => value,
  gguf: uint32,
});

/** Null stands for a value that follows from others, even where there is a default. */
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

export const flag: Kind<boolean> = {
  read: ({ fields }, name, absent) => fields.flag(name, absent ?? false),
  json: (value) => value,
  gguf: bool,
};

/**
 * One of some words.
 *
 * @param spellings meaning by word; the first word of a meaning is the one that is written
 * @param usual what GGUF files do not say
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

/** Where config.json is silent, a language model whose files have no head has the token embedding as its head. */
const tied: Kind<boolean> = {
  read({ fields, tensors, isClassifier }, name, absent = false) {
    if (fields.has(name)) return fields.flag(name, absent);
    return absent || (tensors.size > 0 && !tensors.has("lm_head.weight") && !isClassifier);
  },
  json: (value) => value,
  gguf: bool,
};

/** The first layer, for values that all layers have in common. */
export function firstLayer({ layers: [layer] }: DecoderConfig): LayerConfig {
  if (layer === undefined) throw new Error("a decoder without layers");
  return layer;
}

/** A key, with the type of its values inferred. */
export const key = <T>(key: Key<T>): Key<T> => key;

/** A value that config.json does not have. */
export const ggufOnly = <T>({ json: _, ...key }: Key<T>): Key<T> => key;

/** Sizes that all families have, by the names that most use. The order is that of llama.cpp's files. */
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
    of: (config) => firstLayer(config).attention.nHead,
  }),
  nKvHead: key({
    json: "num_key_value_heads",
    gguf: "attention.head_count_kv",
    kind: optionalCount(LIMITS.heads),
    of: (config) => firstLayer(config).attention.nKvHead,
  }),
};

/** Whether the token embedding is the output head. */
export const TIED = key({
  json: "tie_word_embeddings",
  gguf: ({ tensors }) => !tensors.has("output.weight"),
  kind: tied,
  of: ({ head }) => head.kind === "tokens" && head.tied,
});

/** A window changes nothing up to its length, so the context ends there: kernels have no windows yet. */
export const GGUF_WINDOW = key<number | undefined>({
  gguf: ({ fields }) => fields.count("attention.sliding_window", LIMITS.positions, 0, 0) || undefined,
  kind: optionalCount(LIMITS.positions),
  of: () => undefined,
});
