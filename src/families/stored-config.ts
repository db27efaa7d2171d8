/** The config of a model as its checkpoint stores it: config.json, or the metadata of a GGUF file. */
import type { Checkpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import { TensorReader } from "../checkpoint/reader.ts";
import type { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { isClassifier } from "./class-names.ts";
import { Fields, LIMITS } from "./fields.ts";
import { headTensorOf, type NameTable } from "./stored-names.ts";

/** Divisors of rotary frequencies, one for each pair of dimensions (Llama 3.1 and later in GGUF). */
const DIVISORS = "rope_freqs.weight";

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
  /** Divisors of rotary frequencies, of a GGUF file that has them. */
  readonly rotaryDivisors: readonly number[] | undefined;
  /** Names of the values of the family in this format. */
  readonly #names: ReadonlyMap<string, string>;

  private constructor(
    checkpoint: Checkpoint,
    { architecture, aliases, tensors: { huggingFace } }: Wording,
    names: ReadonlyMap<string, string>,
    rotaryDivisors: readonly number[] | undefined,
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
    this.rotaryDivisors = rotaryDivisors;
    this.#names = names;
  }

  /** Reads no weights but the divisors of rotary frequencies. */
  static async of(
    checkpoint: Checkpoint,
    wording: Wording,
    names: ReadonlyMap<string, string>,
  ): Promise<StoredConfig> {
    const hasDivisors = checkpoint.format === "gguf" && checkpoint.tensors.has(DIVISORS);
    const divisors = hasDivisors ? await readDivisors(checkpoint) : undefined;
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

async function readDivisors({ tensors, path }: Checkpoint): Promise<readonly number[]> {
  const fields = new Fields(path, "", () => undefined);
  const tensor = tensors.get(DIVISORS) as StoredTensor;
  const [length = 0] = tensor.shape;
  if (tensor.dtype !== "F32" || tensor.shape.length !== 1) {
    throw fields.invalid(
      `tensor "${DIVISORS}" is ${tensor.dtype} ${quote(tensor.shape)}, expected F32 and one axis`,
    );
  }
  const divisors = new Float32Array(length);
  const reader = new TensorReader();
  await reader.read(tensor, 0, new Uint8Array(divisors.buffer)).finally(() => reader.close());
  if (!divisors.every((divisor) => Number.isFinite(divisor) && divisor > 0)) {
    throw fields.invalid(`tensor "${DIVISORS}" holds a divisor that is not above 0`);
  }
  return [...divisors];
}
