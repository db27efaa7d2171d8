/** Writes weights back into the files of a Hugging Face directory: in F32, else as they were stored. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { OutgoingTensor } from "../checkpoint/outgoing-tensor.ts";
import type { Packing } from "../compute/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { withFile } from "../files/file.ts";
import type { JsonObject } from "../files/json.ts";
import { writeFile } from "../files/output-file.ts";
import type { ResolvedWeight } from "./families/resolve.ts";
import { rectangles } from "./loader.ts";

export const MODEL_WEIGHTS = "model.safetensors";

/** What belongs to a model beside its config and weights. */
const COMPANIONS = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
];

/**
 * Writes all files of a model but its weights.
 *
 * @param checkpoint what the model was made from
 * @throws GptError `resource` where they cannot be written
 */
export async function writeModelConfig(
  directory: string,
  { path, config }: HuggingFaceCheckpoint,
): Promise<void> {
  await writeFile(join(directory, "config.json"), `${JSON.stringify(asF32(config), null, 2)}\n`);
  await copyCompanions(path, directory);
}

export async function copyCompanions(from: string, to: string): Promise<void> {
  const there = new Set(await readdir(from));
  for (const name of COMPANIONS.filter((name) => there.has(name))) {
    const content = await withFile(join(from, name), (file) => file.readAll());
    await writeFile(join(to, name), content);
  }
}

/** A matrix as the tensors that the weight of its shape is stored in: their names behind a prefix, their layouts. */
export function outgoingTensors(
  packing: Packing,
  prefix: string,
  { parts }: ResolvedWeight,
  matrix: Matrix,
): OutgoingTensor[] {
  let firstOutput = 0;
  return parts.map((part) => {
    const first = firstOutput;
    firstOutput += part.outputs;
    return {
      name: prefix + part.stored.name,
      dtype: "F32",
      shape: part.stored.shape,
      send: async (write) => {
        for (const { rectangle } of rectangles(matrix, first, part, "F32")) {
          await packing.unpack(matrix, rectangle, write);
        }
      },
    };
  });
}

/** A config that says what the weights are stored as. */
function asF32(config: JsonObject): JsonObject {
  const names = ["torch_dtype", "dtype"].filter((name) => config[name] !== undefined);
  return { ...config, ...Object.fromEntries(names.map((name) => [name, "float32"])) };
}
