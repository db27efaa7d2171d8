/** Writes a decoder as GGUF metadata: the keys of its family, as llama.cpp's converter writes them. */
import { ggufValue } from "../checkpoint/gguf/entries.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { ModelDescription } from "./description.ts";
import { poolingEntries } from "./embedding/gguf.ts";
import type { EmbeddingModules } from "./embedding/modules.ts";
import type { Family } from "./family.ts";
import { familyNamed } from "./find-family.ts";
import { ropeEntries } from "./rotary/rope-entries.ts";
import { encoderNames, sourcesFrom } from "./stored-names.ts";

type Entry = readonly [key: string, value: Uint8Array];

/**
 * @param path what an error begins with
 * @param modules of a model of embeddings
 * @throws GptError `usage` for a decoder that GGUF cannot express
 */
export function decoderEntries(
  path: string,
  config: DecoderConfig,
  modules?: EmbeddingModules,
): Map<string, Uint8Array> {
  const family = familyNamed(config.family);
  const architecture = architectureFor(path, family, config);
  const { activation, ...sizes } = family.keys;
  const entries = [
    ...entriesOf(sizes, config),
    ...(modules ? poolingEntries(modules) : []),
    ...ropeEntries(config),
    ...entriesOf({ activation }, config),
  ];
  return new Map([
    ["general.architecture", ggufValue.string(architecture)],
    ...entries.map(([key, value]) => [`${architecture}.${key}`, value] as const),
  ]);
}

const entriesOf = (keys: Partial<Family["keys"]>, config: DecoderConfig): Entry[] =>
  Object.values(keys).flatMap((key): Entry[] => {
    const value = key?.of(config);
    if (typeof key?.gguf !== "string" || value === undefined) return [];
    const bytes = key.kind.gguf(value);
    return bytes === undefined ? [] : [[key.gguf, bytes]];
  });

function architectureFor(
  path: string,
  { architecture, name, keys, defaults, ggufLacks }: Family,
  config: DecoderConfig,
): string {
  const fail = (what: string) =>
    new GptError("usage", `${path}: GGUF has no architecture for ${what}: write a directory instead`);
  if (architecture === undefined) throw fail(`${name} models`);
  if (config.head.kind === "classes") throw fail("classifiers");
  const activation = keys.activation?.gguf === undefined ? keys.activation?.of(config) : undefined;
  if (activation !== undefined && activation !== defaults.activation) {
    throw fail(`${name} models with ${activation}`);
  }
  const lacking = ggufLacks?.(config);
  if (lacking !== undefined) throw fail(lacking);
  return architecture;
}

/** Names and layouts of the weights of a decoder, or of the encoder of one alone, in GGUF files. */
export function ggufSources(config: DecoderConfig): ModelDescription["sources"] {
  const { tensors, isEncoderDecoder } = familyNamed(config.family);
  const isEncoder = isEncoderDecoder && config.encoder === undefined;
  return sourcesFrom(isEncoder ? encoderNames(tensors.gguf) : tensors.gguf, config);
}
