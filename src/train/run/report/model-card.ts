/**
 * README.md of a trained model: the model card (Mitchell et al. 2019), from which a reader can judge and
 * repeat the training.
 */
import { describeScores } from "../../../evaluate/classification-report.ts";
import { seesAhead } from "../../../model/attention/masks.ts";
import type { AttentionConfig, DecoderConfig } from "../../../model/config.ts";
import { attentionsOf } from "../../../model/mixers.ts";
import { countParameters } from "../../../model/parameters.ts";
import type { History, ValidationRecord } from "../history.ts";

export interface CardFacts {
  readonly name: string;
  readonly config: DecoderConfig;
  /** The model that was trained further, or the model of the adapter with this many parameters. */
  readonly base: { readonly name: string; readonly adapterParameters: number | undefined } | undefined;
  /** The command that writes with it. */
  readonly use: string;
  /** Kind of the tokenizer, such as `byte-level BPE`. */
  readonly tokenizer: string;
  readonly data: {
    /** Names of the command line. */
    readonly sources: readonly string[];
    readonly tokens: number;
    readonly textBytes: number;
    readonly validationTokens: number;
    readonly validationBytes: number;
    /** Sequences of the validation data, and of an evaluation. */
    readonly validation: { readonly size: number; readonly sampled: number };
  };
  /** Command line of the run. */
  readonly command: string;
  /** The learning rate over the run, in a few words. */
  readonly schedule: string;
  /** Hyperparameters by name. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly stepTokens: number;
  readonly machine: string;
  /** Seconds of the whole run. */
  readonly seconds: number;
}

/** Number of samples at the end of the card. */
const SAMPLES = 2;

export function modelCard(facts: CardFacts, history: History): string {
  const { name, config, command, use } = facts;
  return [
    frontMatter(facts),
    `# ${name}`,
    introduction(facts, history),
    fenced(use, "console"),
    "## Training",
    table(trainingRows(facts, history)),
    fenced(command, "console"),
    "![Training and validation loss](loss.svg)",
    "## Model",
    table(modelRows(config, facts.tokenizer)),
    ...samples(history),
    "## Limits",
    LIMITS[pipelineOf(config)],
    "## Licence",
    "To fill in: the licence of these weights, which depends on that of the data.",
    "",
  ].join("\n\n");
}

/** What the model cannot do, by the Hub's name of what it does. */
const LIMITS = {
  "text-classification":
    "It names one of its classes for any text, also for one that belongs to none, and is as right as the labels it learned from.",
  "fill-mask": "It guesses the words that its data makes likely, right or wrong.",
  "text2text-generation": "It writes in the manner of its pairs of texts, right or wrong.",
  "text-generation":
    "A model of this size writes in the manner of its data and knows nothing. It repeats what its data says, right or wrong.",
} as const;

function pipelineOf(config: DecoderConfig): keyof typeof LIMITS {
  if (isClassifier(config)) return "text-classification";
  if (config.encoder !== undefined) return "text2text-generation";
  return seesAhead(config) ? "fill-mask" : "text-generation";
}

const frontMatter = ({ base, config }: CardFacts): string =>
  [
    "---",
    "license: unknown",
    ...(base === undefined ? [] : [`base_model: ${JSON.stringify(base.name)}`]),
    `library_name: ${base?.adapterParameters === undefined ? "transformers" : "peft"}`,
    `pipeline_tag: ${pipelineOf(config)}`,
    "---",
  ].join("\n");

function introduction(facts: CardFacts, history: History): string {
  const { best } = history;
  const result = best ? ` Its validation ${history.measure} is ${validationOf(history, best, facts)}.` : "";
  return `${subject(facts)}, trained with gpt-simd.${result}`;
}

function subject({ config, base }: CardFacts): string {
  const kind = isClassifier(config) ? "classifier" : "model";
  const model = `${config.family} ${kind} of ${count(countParameters(config).total)} parameters`;
  if (base === undefined) return `A ${model}`;
  if (base.adapterParameters === undefined) return `A ${model} that began as ${code(base.name)}`;
  return `A LoRA adapter of ${count(base.adapterParameters)} parameters for ${code(base.name)}, a ${model}`;
}

/** The losses of the best model, and the data that they were measured on. */
function validationOf({ whole }: History, best: ValidationRecord, { data, config }: CardFacts): string {
  const { size, sampled } = data.validation;
  const sequences = best.scores ? "texts" : "sequences";
  const measured =
    whole || sampled === size
      ? `all ${count(size)} held-out ${sequences}`
      : `${count(sampled)} random ones of ${count(size)} held-out ${sequences}`;
  return `${losses(whole ?? best, data, config)}, measured on ${measured}`;
}

/** The loss of a token depends on the tokenizer. Bits of a byte can be compared between tokenizers. */
function losses(
  { loss, scores, metrics }: ValidationRecord,
  { validationTokens, validationBytes }: CardFacts["data"],
  config: DecoderConfig,
): string {
  if (metrics?.reward !== undefined) return describeReward(metrics.reward, metrics["objective/kl"]);
  if (scores) return `${loss.toFixed(4)} nats per text, ${describeScores(scores)}`;
  const isEncoder = seesAhead(config) || config.encoder !== undefined;
  const nats = `${loss.toFixed(4)} nats per ${isEncoder ? "predicted " : ""}token`;
  if (validationBytes === 0 || isEncoder) return nats;
  const bits = (loss * validationTokens) / validationBytes / Math.LN2;
  return `${nats}, about ${bits.toFixed(4)} bits per byte`;
}

const describeReward = (reward: number, kl: number | undefined): string =>
  `${reward.toFixed(4)}${kl === undefined ? "" : ` at a KL of ${kl.toFixed(3)} nats a response from the start`}`;

function trainingRows(facts: CardFacts, history: History): [string, string][] {
  const { data, stepTokens, settings } = facts;
  const steps = history.train.at(-1)?.step ?? 0;
  const seen = steps * stepTokens;
  const { best } = history;
  const validation = best
    ? `${validationOf(history, best, facts)}, after ${count(best.step)} steps`
    : "not measured";
  return [
    ["data", data.sources.map(code).join(", ")],
    ["size", `${count(data.textBytes)} bytes of text, ${count(data.tokens)} tokens`],
    ["held out", data.validationTokens > 0 ? `${count(data.validationTokens)} tokens` : "nothing"],
    ["steps", `${count(steps)} of ${count(stepTokens)} tokens: ${ratio(seen, data.tokens)} epochs`],
    ["learning rate", facts.schedule],
    ...Object.entries(settings).map(([name, value]) => [name, String(value)] as [string, string]),
    [
      isClassifier(facts.config) ? "last training loss of classes" : `last training ${history.measure}`,
      history.smoothed.at(-1)?.value.toFixed(4) ?? "none",
    ],
    [`best validation ${history.measure}`, validation],
    ["time", `${ratio(facts.seconds, 60)} minutes`],
    ["machine", facts.machine],
  ];
}

const isClassifier = ({ head }: DecoderConfig): boolean => head.kind === "classes";

const heads = ({ nHead, nKvHead }: AttentionConfig): string =>
  nKvHead === nHead ? count(nHead) : `${nHead}, ${nKvHead} of keys`;

function modelRows(config: DecoderConfig, tokenizer: string): [string, string][] {
  return [
    ["family", config.family],
    ["layers", count(config.layers.length)],
    ["heads", [...new Set(attentionsOf(config).map(heads))].join("; ")],
    ["width", count(config.nEmbd)],
    ["context", count(config.nPositions)],
    ...(config.head.kind === "classes"
      ? [["classes", config.head.labels.map(code).join(", ")] as [string, string]]
      : []),
    ["vocabulary", `${count(config.vocabSize)}, ${tokenizer}`],
  ];
}

function samples({ samples }: History): string[] {
  if (samples.length === 0) return [];
  const shown = samples.slice(-SAMPLES);
  return [
    "## Samples",
    ...shown.flatMap(({ step, text }) => [`After ${count(step)} steps:`, fenced(text, "text")]),
  ];
}

/** Content within a fence that is longer than all fences in it. */
function fenced(content: string, language: string): string {
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, content, fence].join("\n");
}

const table = (rows: readonly (readonly [string, string])[]): string =>
  ["| | |", "| --- | --- |", ...rows.map(([name, fact]) => `| ${cell(name)} | ${cell(fact)} |`)].join("\n");

const cell = (content: string): string => content.replaceAll("|", "\\|").replace(/\s+/g, " ");
const code = (content: string): string => `\`${content.replaceAll("`", "'")}\``;
const count = (number: number): string => number.toLocaleString("en-US");
const ratio = (part: number, whole: number): string => (part / whole).toPrecision(3);
