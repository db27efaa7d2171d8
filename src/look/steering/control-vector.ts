/**
 * Control vectors (Zou et al. 2023) in files of llama.cpp: a GGUF file of the architecture `controlvector` whose
 * tensors `direction.N`, [C], are added to the residual stream after block N, which counts from 0.
 */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import { readGguf } from "../../checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../checkpoint/gguf/writer.ts";
import { TensorReader } from "../../checkpoint/reader.ts";
import { GptError } from "../../errors.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { Steering } from "./steering.ts";

const ARCHITECTURE = "controlvector";
const NAME = /^direction\.([1-9]\d{0,3})$/;

/**
 * @param scale factor of the directions
 * @throws GptError `not-found`; `invalid-file` for another file, and for a vector of another model
 */
export async function readControlVector(
  path: string,
  { nEmbd, layers }: Pick<DecoderConfig, "nEmbd" | "layers">,
  scale = 1,
): Promise<Steering[]> {
  const fail = (problem: string) => new GptError("invalid-file", `${path}: ${problem}`);
  const { metadata, tensors } = await readGguf(path);
  if (metadata.get("general.architecture") !== ARCHITECTURE) {
    throw fail(`general.architecture is not ${ARCHITECTURE}: this is no control vector`);
  }
  await using reader = new TensorReader();
  const found: Steering[] = [];
  for (const tensor of tensors.values()) {
    const [, number] = NAME.exec(tensor.name) ?? [];
    if (number === undefined) continue;
    const [size] = tensor.shape;
    if (tensor.shape.length !== 1 || tensor.dtype !== "F32") throw fail(`${tensor.name} is no vector of F32`);
    if (size !== nEmbd) throw fail(`${tensor.name} has ${size} elements: this model is ${nEmbd} wide`);
    const block = Number(number);
    if (block >= layers.length) throw fail(`${tensor.name}: this model has blocks 0 to ${layers.length - 1}`);
    const direction = new Float32Array(nEmbd);
    await reader.read(tensor, 0, new Uint8Array(direction.buffer));
    found.push({ layer: block + 1, direction, coefficient: scale });
  }
  if (found.length === 0) throw fail("holds no direction.N");
  return found;
}

/**
 * Writes directions, times their coefficients. The format has no place for those before block 1.
 *
 * @param hint the architecture of the model
 * @throws GptError `usage` for a direction before block 1, and as `writeError`
 */
export async function writeControlVector(
  path: string,
  hint: string,
  steerings: readonly Steering[],
): Promise<void> {
  const early = steerings.find(({ layer }) => layer < 2);
  if (early) {
    throw new GptError(
      "usage",
      `${path}: a control vector begins after block 1, found block ${early.layer - 1}`,
    );
  }
  const entries = new Map([
    ["general.architecture", ggufValue.string(ARCHITECTURE)],
    ["controlvector.model_hint", ggufValue.string(hint)],
    ["controlvector.layer_count", ggufValue.int32(steerings.length)],
  ]);
  const tensors = steerings.map(({ layer, direction, coefficient }) => {
    const values = direction.map((value) => value * coefficient);
    return {
      name: `direction.${layer - 1}`,
      dtype: "F32",
      shape: [values.length],
      send: (write: (bytes: Uint8Array) => Promise<void>) => write(new Uint8Array(values.buffer)),
    };
  });
  await writeGguf(path, entries, tensors);
}
