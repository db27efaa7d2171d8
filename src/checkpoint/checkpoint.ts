/** Named tensors in files, as every checkpoint format presents them to the loader. Knows no model. */

import type { JsonObject } from "../files/json.ts";

/** A value of GGUF metadata; 64-bit integers are numbers where exact, bigints otherwise. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Where one tensor lies. Offsets and lengths were checked against the file's size. */
export interface StoredTensor {
  readonly name: string;
  /** As the format spells it: `F32`, `F16`, `BF16`, and others that the loader may refuse. */
  readonly dtype: string;
  /** Outermost axis first, whatever the format's own order. */
  readonly shape: readonly number[];
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface HuggingFaceCheckpoint {
  readonly format: "huggingface";
  readonly path: string;
  readonly config: JsonObject;
  /** generation_config.json, or an empty object. */
  readonly generationConfig: JsonObject;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A config without weights. @param path what an error calls it */
export const configAlone = (path: string, config: JsonObject): HuggingFaceCheckpoint => ({
  format: "huggingface",
  path,
  config,
  generationConfig: {},
  tensors: new Map(),
});

export interface GgufCheckpoint {
  readonly format: "gguf";
  readonly path: string;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export type Checkpoint = HuggingFaceCheckpoint | GgufCheckpoint;
