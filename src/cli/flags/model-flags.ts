/** Flags of the model and the engine. */
import { KV_DTYPES } from "../../compute/memory/kv-types.ts";
import type { KvChoice } from "../../engine/kv-types.ts";
import type { ModelOptions } from "../../engine/model.ts";
import type { ReaderOptions } from "../../engine/reader.ts";
import { type AdapterChoice, scaleRule } from "../../weights/adapters/choice.ts";
import { QUANTIZATIONS, type Quantization } from "../../weights/dtype.ts";
import { expected, flagGroup, integer, list, modelPath, numberBy, oneOf, toggle, value } from "./flags.ts";
import type { ParsedFlags } from "./parsed-flags.ts";

export const modelFlag = flagGroup("Model:", {
  model: value(
    modelPath,
    "A directory, a .gguf file, or a name in models/ or $GPT_MODELS [$GPT_MODEL or the embedded one]",
    {
      alias: "m",
    },
  ),
});

export const pullFlag = flagGroup("Model:", {
  pull: toggle("Fetch a model OWNER/NAME that is not on this machine, as gpt pull does", {
    inherited: false,
  }),
});

/** The model that a verb reads as its first word. */
export const modelFile = (kinds = "A directory, a .gguf file, or a name") =>
  flagGroup("Model:", {
    model: value(modelPath, `${kinds} [$GPT_MODEL or the embedded one]`, { alias: "m" }),
  });

/** `PATH`, or `PATH:SCALE`. */
function adapter(given: string): AdapterChoice {
  const [, path = given, scale = "1"] = /^(.+):([^:/\\]*)$/.exec(given) ?? [];
  return { path, scale: numberBy(scaleRule)(scale) };
}

export const controlVector = Object.assign(adapter, { completion: "file" } as const);

export const adapterFlag = flagGroup("Model:", {
  adapter: list(
    controlVector,
    "DIR or DIR:SCALE, a LoRA adapter as PEFT saves it: its change, times the scale, is added to the model",
  ),
});

/** Flags of verbs that read whole texts, without a cache. */
export const readerFlags = flagGroup("Model:", {
  "ctx-size": value(integer(1), "Context in tokens [the model's, at most 4096]", {
    alias: "c",
    synonyms: ["num-ctx", "context-size"],
  }),
  threads: value(integer(1), "Threads [one per core, at most 8]", { alias: "t" }),
  simd: value(
    oneOf("auto", "plain", "relaxed"),
    "Kernels: plain is the same on every machine, relaxed is faster [auto]",
  ),
  quant: value(
    oneOf(...(Object.keys(QUANTIZATIONS) as Quantization[])),
    "Weights in memory: q8_0, q4_0, nf4 or f32 [as they are stored]",
    { synonyms: ["quantization"] },
  ),
});

const kvType = oneOf(...KV_DTYPES);

/** `TYPE`, or `KEYS,VALUES`. */
const kvTypes = Object.assign(
  (given: string): KvChoice => {
    const [keys = "", values, ...others] = given.split(",");
    if (others.length > 0) throw expected("a type, or KEYS,VALUES", given);
    return values === undefined ? kvType(keys) : { keys: kvType(keys), values: kvType(values) };
  },
  { completion: KV_DTYPES },
);

export const engineFlags = {
  ...readerFlags,
  ...flagGroup("Model:", {
    "kv-cache": value(
      kvTypes,
      "Keys and values in memory: f32, f16, q8_0 or q4_0; KEYS,VALUES for two types [f32, beside quantized weights f16]",
    ),
    ...adapterFlag,
  }),
};

export const readerOptions = ({
  ctxSize,
  threads,
  simd,
  quant,
}: ParsedFlags<typeof readerFlags>): ReaderOptions => ({
  contextSize: ctxSize,
  threads,
  simd,
  quantization: quant,
});

export const engineOptions = ({
  kvCache,
  adapter,
  ...reader
}: ParsedFlags<typeof engineFlags>): ModelOptions => ({
  ...readerOptions(reader),
  kvCache,
  adapters: adapter,
});
