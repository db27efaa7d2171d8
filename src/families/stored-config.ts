/** The config of a model as its checkpoint stores it: config.json, or the metadata of a GGUF file. */
import type { Checkpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import { TensorReader } from "../checkpoint/reader.ts";
import type { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { isClassifier } from "./class-names.ts";
import { Fields, LIMITS } from "./fields.ts";
import { headTensorOf, type NameTable } from "./stored-names.ts";

/** Divisors of rotary frequencies in GGUF files, one for each pair of dimensions (Llama 3.1, Phi-3). */
const DIVISORS = ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"];

/** How a family spells its fields. */
interface Wording {
  /** `general.architecture` of its GGUF files. */
  readonly architecture?: string;
  /** Second names of fields in config.json. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly tensors: { readonly huggingFace: NameTable };
}

export class StoredConfig {
  readonly format: Checkpoint["format"];
  /** config.json, or the metadata behind `general.architecture`. */
  readonly fields: Fields;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly isClassifier: boolean;
  /** Name of the weight of an output head of its own in a directory. */
  readonly headTensor: string | undefined;
  /** Number of tokens that a GGUF file lists. */
  readonly listedTokens: number | undefined;
  /** Divisors of rotary frequencies by the name of their tensor, of a GGUF file that has them. */
  readonly divisorTensors: ReadonlyMap<string, readonly number[]>;
  /** Names of the values of the family in this format. */
  readonly #names: ReadonlyMap<string, string>;

  private constructor(
    checkpoint: Checkpoint,
    { architecture, aliases, tensors: { huggingFace } }: Wording,
    names: ReadonlyMap<string, string>,
    divisorTensors: ReadonlyMap<string, readonly number[]>,
  ) {
    const { format, tensors } = checkpoint;
    const isGguf = format === "gguf";
    const tokens = isGguf ? checkpoint.metadata.get("tokenizer.ggml.tokens") : undefined;
    this.format = format;
    this.tensors = tensors;
    this.fields = isGguf
      ? Fields.ofMetadata(checkpoint, `${architecture}.`)
      : Fields.ofConfig(checkpoint, aliases);
    this.isClassifier = isClassifier(checkpoint);
    this.headTensor = headTensorOf(huggingFace);
    this.listedTokens = Array.isArray(tokens) ? tokens.length : undefined;
    this.divisorTensors = divisorTensors;
    this.#names = names;
  }

  /** Reads no weights but the divisors of rotary frequencies. */
  static async of(
    checkpoint: Checkpoint,
    wording: Wording,
    names: ReadonlyMap<string, string>,
  ): Promise<StoredConfig> {
    const divisors = new Map<string, readonly number[]>();
    for (const name of checkpoint.format === "gguf" ? DIVISORS : []) {
      const tensor = checkpoint.tensors.get(name);
      if (tensor) divisors.set(name, await readDivisors(checkpoint.path, tensor));
    }
    return new StoredConfig(checkpoint, wording, names, divisors);
  }

  /** Name of a value of the family in this format; undefined if the format has none. */
  nameOf(value: string): string | undefined {
    return this.#names.get(value);
  }

  /** An error that quotes a value of the family, and then says `verdict`. */
  wrong(value: string, verdict: string): GptError {
    return this.fields.wrong(this.nameOf(value) ?? value, verdict);
  }
}

/** Layers that predict further tokens (DeepSeek-AI 2024, section 2.2): GGUF counts them among its blocks. */
export const furtherLayers = ({ fields, format }: StoredConfig): number =>
  fields.count(format === "gguf" ? "nextn_predict_layers" : "num_nextn_predict_layers", LIMITS.layers, 0, 0);

async function readDivisors(path: string, tensor: StoredTensor): Promise<readonly number[]> {
  const fields = new Fields(path, "", () => undefined);
  const [length = 0] = tensor.shape;
  if (tensor.dtype !== "F32" || tensor.shape.length !== 1) {
    throw fields.invalid(
      `tensor "${tensor.name}" is ${tensor.dtype} ${quote(tensor.shape)}, expected F32 and one axis`,
    );
  }
  const divisors = new Float32Array(length);
  const reader = new TensorReader();
  await reader.read(tensor, 0, new Uint8Array(divisors.buffer)).finally(() => reader.close());
  if (!divisors.every((divisor) => Number.isFinite(divisor) && divisor > 0)) {
    throw fields.invalid(`tensor "${tensor.name}" holds a divisor that is not above 0`);
  }
  return [...divisors];
}
