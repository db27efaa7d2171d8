/**
 * A model before its first step, as in GPT-2 (Radford et al. 2019): weights from a normal distribution, norms
 * 1, biases 0. The deviation of projections onto the residual stream is divided by the root of their number.
 */
import { configAlone } from "../../checkpoint/checkpoint.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { parseModel } from "../../families/parse.ts";
import type { JsonObject } from "../../files/json.ts";
import { log } from "../../generate/sampling/exp.ts";
import { Random } from "../../generate/sampling/random.ts";
import { writeModel } from "../../weights/model-writer.ts";
import { type ExpectedWeight, expectedWeights } from "../../weights/resolve.ts";

/** Deviation if the config has no `initializer_range`. */
const DEVIATION = 0.02;

/** Numbers of a write. */
const CHUNK = 1 << 18;

/**
 * Writes config.json and model.safetensors for `createTrainer` and `loadModel`.
 *
 * @param config content of config.json, of a known family
 * @param seed unsigned 32-bit integer; the same seed gives the same bytes
 * @throws GptError `invalid-file` for a wrong config; as `writeError`
 */
export async function writeInitialModel(directory: string, config: JsonObject, seed: number): Promise<void> {
  const description = await parseModel(configAlone(directory, config));
  const { layers } = description.config;
  const deviation = deviationOf(config);
  const tensors = expectedWeights(description).flatMap(({ spec, parts }) => {
    const own = spec.intoResidual ? deviation / Math.sqrt(2 * layers.length) : deviation;
    const whole = parts.filter(({ source: { slice } }) => slice === undefined || slice.index === 0);
    return whole.map(({ name, shape, source }) => ({ name, shape, spec, own, less: source.less ?? 0 }));
  });
  // The slices of a stack are one tensor.
  const whole = [...new Map(tensors.map((tensor) => [tensor.name, tensor])).values()];
  const outgoing = whole.map(({ name, shape, spec, own, less }, i): TensorToWrite => {
    const numbers = valuesOf(spec, own, less, new Random(seed, i + 1));
    return { name, dtype: "F32", shape, send: (write) => send(shape, numbers, write) };
  });
  await writeModel(directory, config, new Map(), "F32", outgoing);
}

/** Deviation of a model's new weights, from its config.json. */
export function deviationOf({ initializer_range: range }: JsonObject): number {
  return typeof range === "number" ? range : DEVIATION;
}

type Spec = ExpectedWeight["spec"];

/** A function that gives one number after the other. @param less what the file subtracts from a norm */
function valuesOf({ kind }: Spec, deviation: number, less: number, random: Random): () => number {
  if (kind === "bias") return () => 0;
  if (kind === "norm") return () => 1 - less;
  const normal = normalNumbers(random);
  return () => deviation * normal();
}

/**
 * Marsaglia & Bray 1964: pairs of numbers from the standard normal distribution, with a logarithm of our own.
 */
export function normalNumbers(random: Random): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const number = spare;
      spare = undefined;
      return number;
    }
    for (;;) {
      const x = 2 * random.uniform() - 1;
      const y = 2 * random.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((2 * log(1 / square)) / square);
      spare = factor * y;
      return factor * x;
    }
  };
}

async function send(
  shape: readonly number[],
  next: () => number,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const count = shape.reduce((product, size) => product * size, 1);
  for (let begin = 0; begin < count; begin += CHUNK) {
    const numbers = Float32Array.from({ length: Math.min(CHUNK, count - begin) }, next);
    await write(new Uint8Array(numbers.buffer));
  }
}
