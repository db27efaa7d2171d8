/** `gpt quantize`: writes a model with its weights in another type, and reports the loss of quality. */
import { stat } from "node:fs/promises";
import { measureImportance } from "../../../convert/importance/calibrate.ts";
import { readImportance, writeImportance } from "../../../convert/importance/files.ts";
import type { Importance } from "../../../convert/importance/importance.ts";
import { FILE_TYPES, type FileType } from "../../../convert/mixtures.ts";
import { type Quantized, quantizeModel } from "../../../convert/quantize.ts";
import { GptError } from "../../../errors.ts";
import { type Comparison, compareModels } from "../../../evaluate/perplexity/compare.ts";
import { readText } from "../../../files/file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { QUANTIZATIONS, type Quantization } from "../../../weights/dtype.ts";
import { defineCommand } from "../../command.ts";
import { expected, flagGroup, oneOf, path, toggle, value } from "../../flags/flags.ts";
import { engineFlags, modelFile } from "../../flags/model-flags.ts";
import { jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { reportConflicts, reportFlags } from "../../flags/report-flags.ts";
import { load } from "../../load.ts";
import { comparisonTable } from "../../terminal/comparison-table.ts";
import { bytes, counted, thousands } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { type Spinner, startSpinner } from "../../terminal/spinner.ts";

const DEFAULT_TYPE = "q8_0";
type WrittenType = FileType | "nf4";
const TYPES = [...FILE_TYPES, "nf4"] as const satisfies readonly WrittenType[];

/** Bytes, as llama-gguf-split takes them: a number of millions (M) or billions (G). */
function size(text: string): number {
  const [, number, unit] = /^(\d+)([MG])$/i.exec(text) ?? [];
  const bytes = Number(number) * (unit?.toUpperCase() === "G" ? 1e9 : 1e6);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw expected("a size such as 2G or 500M", text);
}

const flags = {
  ...modelFile(),
  ...flagGroup("Output:", {
    output: outputFlag("What to write: a path that ends in .gguf, else a directory, in floats or in nf4"),
    type: value(oneOf(...TYPES), `${TYPES.join(", ")} [${DEFAULT_TYPE}]`),
    "allow-requantize": toggle(
      "Quantize what is quantized already, which loses more than its original would",
    ),
    "split-max-size": value(
      size,
      "Write parts of at most so much: 2G or 500M, as NAME-00001-of-00003.gguf [one file]",
    ),
    json: jsonFlag(),
    quiet: quietFlag("No spinner, no summary"),
  }),
  ...flagGroup("Importance:", {
    imatrix: value(
      path,
      "Importances of inputs, as llama-imatrix writes them: read, or with --calibrate written (.gguf or .dat)",
      { inherited: false },
    ),
    calibrate: value(path, "Measure them on a text file", { inherited: false }),
  }),
  ...reportFlags,
  ...flagGroup("Engine:", { threads: engineFlags.threads, simd: engineFlags.simd }),
};
type QuantizeArguments = ParsedFlags<typeof flags>;

export const command = defineCommand({
  examples: [
    "gpt quantize path/to/model -o model-q8_0.gguf",
    "gpt quantize path/to/model -o model-q4_0.gguf --type q4_0 --report book.txt",
    "gpt quantize path/to/model --type q4_0 --report book.txt --windows 20",
    "gpt quantize path/to/model -o model-q4_k_m.gguf --type q4_k_m --calibrate book.txt",
    "gpt quantize path/to/model -o path/to/half --type f16",
  ],
  flags,
  conflicts: (args) => reportConflicts(args),
  async handler(args) {
    const { model, output, report, type = DEFAULT_TYPE, json, quiet } = args;
    const measuresOnly = args.calibrate !== undefined && args.imatrix !== undefined;
    if (output === undefined && report === undefined && !measuresOnly) {
      throw new GptError("usage", "where to? -o PATH says it; --report TEXT alone writes nothing");
    }
    const text = report === undefined ? undefined : await readText(report);
    const name = modelName(findModel(model));
    const start = performance.now();
    let written: Written | undefined;
    let comparison: Comparison | undefined;
    await interruptible(async (signal) => {
      using spinner = startSpinner(`reading ${name}`, quiet);
      const importance = await importanceOf(args, signal, spinner);
      if (output !== undefined) written = await write(args, output, type, importance, signal, spinner);
      if (text !== undefined) comparison = await compare(args, text, type, signal, spinner);
    });
    const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
    const stdout = new Output();
    if (json) return await stdout.writeJson({ model: name, type, ...written, ...comparison, seconds });
    if (written !== undefined && !quiet) {
      const { output, bytes: size, fallbacks, omitted } = written;
      process.stderr.write(`${output}: ${name} in ${type}, ${bytes(size)} in ${seconds.toPrecision(2)} s\n`);
      if (fallbacks.length > 0) process.stderr.write(`${output}: ${fallbackLine(fallbacks)}\n`);
      if (omitted.length > 0) process.stderr.write(`${output}: ${omittedLine(omitted)}\n`);
    }
    if (comparison !== undefined) await stdout.write(comparisonTable(name, [type, comparison]));
  },
});

interface Written extends Quantized {
  readonly output: string;
  /** Of all weights. */
  readonly bytes: number;
}

async function write(
  { model, threads, simd, allowRequantize, splitMaxSize: splitBytes }: QuantizeArguments,
  output: string,
  type: WrittenType,
  importance: Importance | undefined,
  signal: AbortSignal,
  spinner: Spinner,
): Promise<Written> {
  const onProgress = (done: number, total: number) =>
    spinner.say(`writing ${type} ${Math.floor((100 * done) / total)}%`);
  const options = { threads, simd, allowRequantize, importance, splitBytes, signal, onProgress };
  const quantized = await quantizeModel(model, output, type, options);
  const sizes = await Promise.all(quantized.files.map(async (file) => (await stat(file)).size));
  return { output, bytes: sizes.reduce((sum, size) => sum + size), ...quantized };
}

/** Importances from a file, or measured and written to it. */
async function importanceOf(
  { model, imatrix, calibrate, threads, simd, quiet }: QuantizeArguments,
  signal: AbortSignal,
  spinner: Spinner,
): Promise<Importance | undefined> {
  if (calibrate === undefined) return imatrix === undefined ? undefined : await readImportance(imatrix);
  const onProgress = (done: number, total: number) =>
    spinner.say(`measuring inputs: ${thousands(done)} of ${thousands(total)} tokens`);
  const options = { threads, simd, signal, onProgress };
  const text = { path: calibrate, text: await readText(calibrate) };
  const importance = await measureImportance(model, text, options);
  if (imatrix === undefined) return importance;
  await writeImportance(imatrix, importance);
  if (!quiet) {
    const { tensors, windows, windowSize } = importance;
    const measured = `inputs of ${counted(tensors.size, "tensor")} on ${thousands(windows * windowSize)} tokens`;
    process.stderr.write(`${imatrix}: ${measured}\n`);
  }
  return importance;
}

/** `18 tensors have rows that are no whole blocks: Q5_0 in place of Q4_K, Q8_0 in place of Q6_K`. */
function fallbackLine(fallbacks: Quantized["fallbacks"]): string {
  const changes = new Set(fallbacks.map(({ wanted, type }) => `${type} in place of ${wanted}`));
  return `${counted(fallbacks.length, "tensor")} with rows that are no whole blocks: ${[...changes].join(", ")}`;
}

const omittedLine = (omitted: Quantized["omitted"]): string =>
  `embeddings differ from the directory's: a GGUF file does not hold ${omitted.join(", ")}`;

/** Compares the model with the written one, or else with itself loaded in the type. */
async function compare(
  { model, output, threads, simd, ctxSize: contextSize, windows }: QuantizeArguments,
  text: string,
  type: WrittenType,
  signal: AbortSignal,
  spinner: Spinner,
): Promise<Comparison> {
  const engine = { threads, simd, contextSize, signal };
  const path = findModel(model);
  const quantization = output === undefined ? inMemory(type) : undefined;
  await using before = await load(path, engine, spinner);
  await using after = await load(output ?? path, { ...engine, quantization }, spinner);
  const onProgress = (done: number, total: number) =>
    spinner.say(`comparing: ${thousands(done)} of ${thousands(total)} tokens`);
  return await compareModels(before, after, text, { windows, signal, onProgress });
}

/** @throws GptError `usage` for a type that no weight is loaded as */
function inMemory(type: WrittenType): Quantization {
  const known = (Object.keys(QUANTIZATIONS) as Quantization[]).find((name) => name === type);
  if (known !== undefined) return known;
  throw new GptError("usage", `--report: what ${type} costs is known once it is written: give -o too`);
}
