/** Flags that say which model runs, and on what. */
import type { ModelOptions } from "../../model/model.ts";
import type { Arguments } from "../command.ts";
import { flagGroup, integer, naming, oneOf, text, value } from "./flags.ts";

export const modelFlag = flagGroup("Model:", {
  model: value(
    text,
    "A directory, a .gguf file, or a name in models/ or $GPT_MODELS [$GPT_MODEL or the embedded one]",
    {
      alias: "m",
    },
  ),
});

const simd = oneOf("auto", "plain", "relaxed");

export const engineFlags = flagGroup("Model:", {
  "ctx-size": value(integer(1), "Context in tokens [the model's, at most 4096]", {
    alias: "c",
    synonyms: ["num-ctx", "context-size"],
  }),
  threads: value(integer(1), "Threads [one per core, at most 8]", { alias: "t" }),
  simd: value(simd, "Kernels: plain is the same on every machine, relaxed is faster [$GPT_SIMD or auto]"),
});

export function engineOptions(args: Arguments<typeof engineFlags>): ModelOptions {
  return {
    contextSize: args.ctxSize,
    threads: args.threads,
    simd: args.simd ?? fromEnvironment("GPT_SIMD", simd),
  };
}

/** The value of an environment variable that is set and not empty. */
function fromEnvironment<T>(name: string, parse: (text: string) => T): T | undefined {
  const text = process.env[name];
  return text ? naming(name, parse)(text) : undefined;
}
