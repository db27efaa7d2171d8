/** Reports about a generation on standard error. */
import { Runtime } from "../../../compute/runtime.ts";
import { idleSettings } from "../../../generate/options/combinations.ts";
import type { GenerateOptions } from "../../../generate/options/options.ts";
import type { ResolvedOptions } from "../../../generate/options/resolve-options.ts";
import { defaults, type GenerateSettings } from "../../../generate/options/settings.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import type { Prompt, TextModel } from "../../../text/text-model.ts";
import { flagNameOf } from "../../flags/option-names.ts";
import { bankText } from "../../terminal/banks.ts";
import { counted, perSecond, thousands } from "../../terminal/format.ts";
import { printable } from "../../terminal/output.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** The length of the report. */
interface Verbosity {
  readonly quiet?: boolean | undefined;
  /** How often -v was given. */
  readonly verbose?: number | undefined;
}

interface Request extends Verbosity {
  readonly samples?: number | undefined;
}

/** Reports the facts that are known before the first token. */
export function reportModel(
  loaded: LoadedModel,
  prompt: Prompt,
  resolved: ResolvedOptions,
  { quiet, verbose = 0, samples }: Request,
): void {
  if (!quiet) say(configurationLines(loaded, resolved, samples));
  const { textPartOf } = loaded.model;
  if (verbose > 0 && textPartOf !== undefined)
    say([`model ${loaded.name} is the text part of ${textPartOf}`]);
  if (verbose > 1) say(modelLines(loaded, resolved));
  if (!quiet && typeof prompt === "string" && prompt.endsWith(" ")) {
    say(["the prompt ends in a space: most models expect it in front of the next word instead"]);
  }
}

/** Reports how a sample went. */
export function reportSample(
  sample: Sample,
  model: Pick<TextModel, "contextSize">,
  { quiet, verbose = 0 }: Verbosity,
): void {
  if (!quiet) say(droppedLines(sample, model));
  if (verbose > 0) say([sampleLine(sample)]);
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
}

/** Lines about generation defaults: which ones hold, which give way, and which have no effect here. */
export function configurationLines(
  { model, name }: LoadedModel,
  { settings, sources, dropped }: ResolvedOptions,
  samples = 1,
): string[] {
  const { unsupportedGenerationConfig: unsupported, advisedEndOfTextIds: ends } = model;
  const modelDefaults = model.generationDefaults;
  const idle = idleSettings(settings);
  const changed = differences(modelDefaults)
    .filter((name) => sources[name] === "checkpoint" && !idle.has(name))
    .map((name) => setting(name, modelDefaults[name]));
  const lines = changed.length > 0 ? [changed.join(", ")] : [];
  for (const { name, value, layer, beside } of dropped) {
    if (layer !== "checkpoint") continue;
    lines.push(`${setting(name, value)} gives way to ${setting(beside, settings[beside])}`);
  }
  if (samples > 1 && modelDefaults.beams !== undefined) {
    lines.push(`${setting("beams", modelDefaults.beams)} gives way to samples ${samples}`);
  }
  if (ends.length > 0 && !settings.ignoreEos) lines.push(`end-of-text ${ends.join(", ")}`);
  if (unsupported.length > 0) lines.push(`without effect here: ${unsupported.join(", ")}`);
  const source = name.endsWith(".gguf") ? name : "generation_config.json";
  const unusable = [...model.unusableDefaults].map(
    ([name, { message }]) => `${message}: ${setting(name, settings[name])} holds`,
  );
  return [...unusable, ...lines.map((line) => `${source}: ${line}`)];
}

/** A line for tokens that `overflow` dropped, if there are any. */
export function droppedLines(
  { droppedTokens }: Sample,
  { contextSize }: Pick<TextModel, "contextSize">,
): string[] {
  if (droppedTokens === 0) return [];
  const dropped = counted(droppedTokens, "token");
  return [`dropped the oldest ${dropped}: the context holds ${thousands(contextSize)}`];
}

/** The line of -v: counts, rates, and the reason of the end. */
export function sampleLine(sample: Sample): string {
  const { ids, promptIds, promptTokens, reusedTokens, promptMs, generatedMs, seed, finishReason, score } =
    sample;
  const isCut = promptTokens > 0 && promptTokens < promptIds.length;
  const prompt = isCut ? `${promptTokens} of ${promptIds.length}` : promptIds.length;
  const reused = reusedTokens > 0 ? ` (${reusedTokens} reused)` : "";
  return [
    `prompt ${prompt} tok${reused}, ${perSecond(promptTokens - reusedTokens, promptMs)} tok/s`,
    `generated ${ids.length} tok, ${perSecond(ids.length - 1, generatedMs)} tok/s`,
    ...guessed(sample.draftedTokens, sample.acceptedTokens),
    score === undefined ? `seed ${seed}` : `score ${score.toFixed(4)}`,
    finishReason,
  ].join(" · ");
}

/** Counts of speculation; empty without it. */
export function guessed(drafted: number | undefined, accepted = 0): string[] {
  if (drafted === undefined) return [];
  const share = drafted === 0 ? "" : `, ${Math.round((100 * accepted) / drafted)}% right`;
  return [`guessed ${thousands(drafted)}${share}`];
}

/** The lines of -vv: the model and the settings. */
export function modelLines(
  { model, name, loadMs, draft }: LoadedModel,
  { settings }: Pick<ResolvedOptions, "settings">,
): string[] {
  const { simd, threads, contextSize } = model;
  const idle = idleSettings(settings);
  const usual = settings.beams > 1 ? usualOfBeams : usualOfSampling;
  const shown = [...new Set([...usual, ...differences(settings)])].filter((name) => !idle.has(name));
  return [
    [
      `model ${name}`,
      ...(draft ? [`draft ${draft.name}`] : []),
      `simd ${simd}`,
      `products ${Runtime.get(simd).products}`,
      counted(threads, "thread"),
      `context ${thousands(contextSize)}`,
      `loaded in ${Math.round(loadMs)} ms`,
    ].join(" · "),
    ...(model.banks.length > 1 ? model.banks.map((bank, i) => `memory ${i + 1}: ${bankText(bank, i)}`) : []),
    shown.map((name) => setting(name, settings[name])).join(" · "),
  ];
}

const usualOfSampling = ["temperature", "topK", "topP", "minP", "maxTokens"] as const;
const usualOfBeams = ["beams", "lengthPenalty", "earlyStopping", "maxTokens"] as const;

/** The names of options that differ from the library's defaults. */
function differences(options: GenerateOptions | GenerateSettings): (keyof GenerateOptions)[] {
  const library: GenerateOptions = defaults;
  const names = Object.keys(options) as (keyof GenerateOptions)[];
  return names.filter((name) => {
    const isOfOneCall = name === "signal" || name === "seed" || name === "draft";
    return !isOfOneCall && options[name] !== undefined && options[name] !== library[name];
  });
}

/** A setting as its flag says it: `top-p 0.9`. */
function setting(name: keyof GenerateOptions, value: unknown): string {
  const flag = flagNameOf(name);
  if (value instanceof Map) return `${flag} of ${counted(value.size, "token")}`;
  return `${flag} ${Array.isArray(value) ? value.map((text) => JSON.stringify(text)).join(" ") : value}`;
}
