/** A decoder as GGUF describes it, in the keys that llama.cpp's converter writes: the mirror of gguf.ts. */
import { ggufValue } from "../checkpoint/gguf-entries.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";
import { rotaryDivisors } from "../model/positions.ts";
import { GGUF_ARCHITECTURES } from "./gguf.ts";
import { type UniformDecoder, uniformShape } from "./uniform.ts";

const { uint32, float32, string } = ggufValue;

/**
 * @param path what an error begins with
 * @throws GptError `usage` for a decoder that GGUF has no architecture for
 */
export function decoderEntries(path: string, config: DecoderConfig): Map<string, Uint8Array> {
  refuseForeign(path, config);
  const { family } = config;
  const shape = uniformShape(config);
  const own = [...sizeEntries(shape), ...positionEntries(shape)];
  if (shape.activation === "gelu_erf") own.push(["hidden_activation", string("gelu")]);
  return new Map([
    ["general.architecture", string(family)],
    ...own.map(([key, value]) => [`${family}.${key}`, value] as const),
  ]);
}

type Entry = readonly [key: string, value: Uint8Array];

/** The activation that a GGUF file names is read here; llama.cpp's gpt2 has the tanh form, which is close to the exact one. */
function refuseForeign(path: string, config: DecoderConfig): void {
  const { family, position, activation } = uniformShape(config);
  const fail = (what: string) =>
    new GptError("usage", `${path}: GGUF has no architecture for ${what}: write a directory instead`);
  if (!GGUF_ARCHITECTURES.some((name) => name === family)) throw fail(`${family} models`);
  if (config.head.kind === "classes") throw fail("classifiers");
  if (position.kind === "sinusoidal") throw fail("sinusoidal positions");
  if (family === "gpt2" && activation === "silu") throw fail("a gpt2 with SiLU");
}

function sizeEntries(config: UniformDecoder): Entry[] {
  const epsilon = config.norm === "rmsnorm" ? "layer_norm_rms_epsilon" : "layer_norm_epsilon";
  return [
    ["block_count", uint32(config.nLayer)],
    ["context_length", uint32(config.nPositions)],
    ["embedding_length", uint32(config.nEmbd)],
    ["feed_forward_length", uint32(config.nInner)],
    ["vocab_size", uint32(config.vocabSize)],
    ["attention.head_count", uint32(config.nHead)],
    ["attention.head_count_kv", uint32(config.nKvHead)],
    [`attention.${epsilon}`, float32(config.normEpsilon)],
  ];
}

function positionEntries({ position, headDim }: UniformDecoder): Entry[] {
  if (position.kind !== "rotary") return [];
  const { theta, scaling } = position;
  const entries: Entry[] = [
    ["attention.key_length", uint32(headDim)],
    ["attention.value_length", uint32(headDim)],
    ["rope.dimension_count", uint32(headDim)],
    ["rope.freq_base", float32(theta)],
  ];
  if (scaling.kind !== "linear") return entries;
  return [
    ...entries,
    ["rope.scaling.type", string("linear")],
    ["rope.scaling.factor", float32(scaling.factor)],
  ];
}

/** `rope_freqs.weight`: what each rotary frequency is divided by, where that is neither 1 nor one factor for all. */
export function rotaryDivisorTensor(config: DecoderConfig): TensorToWrite[] {
  const { position, headDim } = uniformShape(config);
  if (position.kind !== "rotary" || !["llama3", "divisors"].includes(position.scaling.kind)) return [];
  const divisors = rotaryDivisors(headDim, position.theta, position.scaling);
  const bytes = new Uint8Array(Float32Array.from(divisors).buffer);
  return [{ name: "rope_freqs.weight", dtype: "F32", shape: [headDim / 2], send: (write) => write(bytes) }];
}
