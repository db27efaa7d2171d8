/** What is said about a generation on standard error. */
import type { GenerateOptions } from "../../generate/options.ts";
import { defaults } from "../../generate/settings.ts";
import type { LanguageModel } from "../../language-model.ts";
import { perSecond, thousands } from "../terminal/format.ts";
import { printable } from "../terminal/output.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { Prompt } from "./prompt.ts";
import type { Sample } from "./sample.ts";

/** How much is said. */
interface Verbosity {
  readonly quiet?: boolean | undefined;
  /** How often -v was given. */
  readonly verbose?: number | undefined;
}

/** Says what is known before the first token. */
export function reportModel(
  loaded: LoadedModel,
  prompt: Prompt,
  options: GenerateOptions,
  { quiet, verbose = 0 }: Verbosity,
): void {
  if (!quiet) say(configurationLines(loaded, options));
  if (verbose > 1) say(modelLines(loaded, options));
  if (verbose > 0 && typeof prompt === "string" && prompt.endsWith(" ")) {
    say(["the prompt ends in a space: most models expect it in front of the next word instead"]);
  }
}

/** Says how a sample went. */
export function reportSample(sample: Sample, model: LanguageModel, { quiet, verbose = 0 }: Verbosity): void {
  if (!quiet) say(droppedLines(sample, model));
  if (verbose > 0) say([sampleLine(sample)]);
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
}

/** What the model's own settings change, and what they ask for in vain; no lines where there is neither. */
export function configurationLines({ model, name }: LoadedModel, options: GenerateOptions): string[] {
  const { generationDefaults, unsupportedGenerationConfig: unsupported } = model;
  const changed = differences(generationDefaults).filter((name) => options[name] === undefined);
  const lines: string[] = [];
  if (changed.length > 0)
    lines.push(changed.map((name) => setting(name, generationDefaults[name])).join(", "));
  if (unsupported.length > 0) lines.push(`without effect here: ${unsupported.join(", ")}`);
  const source = name.endsWith(".gguf") ? name : "generation_config.json";
  return lines.map((line) => `${source}: ${line}`);
}

/** What `overflow` dropped; no line where nothing was. */
export function droppedLines({ droppedTokens }: Sample, { contextSize }: LanguageModel): string[] {
  if (droppedTokens === 0) return [];
  const dropped = counted(droppedTokens, "token");
  return [`dropped the oldest ${dropped}: the context holds ${thousands(contextSize)}`];
}

/** What -v says: how it went. */
export function sampleLine(sample: Sample): string {
  const { ids, promptIds, reusedTokens, promptMs, generatedMs, seed, finishReason, score } = sample;
  const reused = reusedTokens > 0 ? ` (${reusedTokens} reused)` : "";
  return [
    `prompt ${promptIds.length} tok${reused}, ${perSecond(promptIds.length - reusedTokens, promptMs)} tok/s`,
    `generated ${ids.length} tok, ${perSecond(ids.length - 1, generatedMs)} tok/s`,
    score === undefined ? `seed ${seed}` : `score ${score.toFixed(4)}`,
    finishReason,
  ].join(" · ");
}

/** What -vv says before: what runs, and with which settings. */
export function modelLines({ model, name, loadMs }: LoadedModel, options: GenerateOptions): string[] {
  const { simd, threads, contextSize } = model;
  const settings: GenerateOptions = { ...defaults, ...model.generationDefaults, ...options };
  const shown = new Set([...alwaysShown, ...differences(settings)]);
  return [
    [
      `model ${name}`,
      `simd ${simd}`,
      counted(threads, "thread"),
      `context ${thousands(contextSize)}`,
      `loaded in ${Math.round(loadMs)} ms`,
    ].join(" · "),
    [...shown].map((name) => setting(name, settings[name])).join(" · "),
  ];
}

const alwaysShown = ["temperature", "topK", "topP", "minP", "maxTokens"] as const;

/** The fields in which options differ from the library's defaults. */
function differences({ signal: _, seed: __, ...options }: GenerateOptions): (keyof GenerateOptions)[] {
  const library: GenerateOptions = defaults;
  const names = Object.keys(options) as (keyof typeof options)[];
  return names.filter((name) => options[name] !== undefined && options[name] !== library[name]);
}

/** A setting as its flag says it: `top-p 0.9`. */
function setting(name: keyof GenerateOptions, value: unknown): string {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (value instanceof Map) return `${flag} of ${counted(value.size, "token")}`;
  return `${flag} ${Array.isArray(value) ? value.map((text) => JSON.stringify(text)).join(" ") : value}`;
}

const counted = (count: number, what: string): string =>
  `${thousands(count)} ${what}${count === 1 ? "" : "s"}`;
