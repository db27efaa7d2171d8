/** Named tensors in files, the same for all checkpoint formats. Knows no model. */

import type { JsonObject } from "../files/json.ts";

/**
 * A value of GGUF metadata. A 64-bit integer is a number if a number holds it exactly, and a bigint
 * otherwise.
 */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** The place of a tensor in a file. Offset and length are within the size of the file. */
export interface StoredTensor {
  readonly name: string;
  /** The name in the format: `F32`, `F16`, `BF16`, and others, some of which the loader refuses. */
  readonly dtype: string;
  /** Outermost axis first in all formats. */
  readonly shape: readonly number[];
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
  /** Blocks whose numbers and scales are stored apart (mxfp4.ts). Offset and length count joined blocks. */
  readonly apart?: { readonly blocks: StoredTensor; readonly scales: StoredTensor };
  /** Codes that are read as F32 (bitsandbytes.ts). Offset and length count floats. */
  readonly coded?: Coded;
}

/** Codes, and what makes numbers of them. */
export interface Coded {
  /** The levels of NF4, or others. */
  readonly type: "nf4" | "other";
  readonly codes: StoredTensor;
  readonly levels: Float32Array;
  /** Elements that share a scale. */
  readonly block: number;
  /** F32, or U8 with `nested`. */
  readonly scales: StoredTensor;
  readonly nested?: {
    readonly levels: Float32Array;
    readonly block: number;
    readonly scales: StoredTensor;
    readonly offset: number;
  };
}

export interface HuggingFaceCheckpoint {
  readonly format: "huggingface";
  readonly path: string;
  readonly config: JsonObject;
  /** generation_config.json, or an empty object. */
  readonly generationConfig: JsonObject;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** `model_type` of the whole, if this is the text part of a model that also sees or hears. */
  readonly textPartOf?: string;
}

/** A config without weights. @param path its name in an error */
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
