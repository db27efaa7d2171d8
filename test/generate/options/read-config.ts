/** Reads the generation defaults of checkpoints that hold nothing else. */
import { expect } from "vitest";
import type { GgufMetadata } from "../../../src/checkpoint/checkpoint.ts";
import { GptError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import { type GenerationConfig, generationConfig } from "../../../src/generate/options/generation-config.ts";

const sizes = { vocabSize: 100, nPositions: 1024 };
const tensors = new Map();

const tokenizer = { endOfTextIds: [0] };

export const readDirectory = (fields: JsonObject, hasTokenizer = true, config: JsonObject = {}) =>
  generationConfig(
    { format: "huggingface", path: "models/x", config, generationConfig: fields, tensors },
    sizes,
    hasTokenizer ? tokenizer : undefined,
  );

/** What holds if no option is given: then a value that cannot be used is an error. */
function usable({ unusable, ...config }: GenerationConfig) {
  for (const error of unusable.values()) throw error;
  return config;
}

export const ofDirectory = (...given: Parameters<typeof readDirectory>) => usable(readDirectory(...given));

export const ofGguf = (entries: Readonly<Record<string, number | string>>) => {
  const named = Object.entries(entries).map(([name, value]) => [`general.sampling.${name}`, value] as const);
  const metadata: GgufMetadata = new Map<string, number | string>([["general.name", "x"], ...named]);
  return usable(generationConfig({ format: "gguf", path: "x.gguf", metadata, tensors }, sizes, tokenizer));
};

/** The message, which must be one line for the user about a file. */
export function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    expect(error.code).toBe("invalid-file");
    return error.message;
  }
  throw new Error("was not refused");
}
