/**
 * Classification (Radford et al. 2018, section 3.2): a head on the hidden state of a text's last token tells
 * classes apart, and the model goes on learning to write the text. Of an encoder it is the first token
 * (Devlin et al. 2018, section 4.1), and the loss is that of the classes alone.
 */
import { checkOptions, number, type Rule } from "../../checks/rules.ts";
import { NO_TARGET } from "../../compute/kernels/table.ts";
import { GptError } from "../../errors.ts";
import { asClassifier } from "../../families/classifier.ts";
import { parseModel } from "../../families/parse.ts";
import { quote } from "../../files/quote.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { evaluateClasses, evaluateEncoder } from "../evaluation.ts";
import { countTargets, type ExampleReader, isList, type Sequence } from "../examples.ts";
import { differentiateRows } from "./cross-entropy.ts";
import { languageObjective } from "./language.ts";
import type { Objective, ObjectiveKind, Step } from "./objective.ts";

export interface ClassesSettings {
  readonly kind: "classes";
  /** The names of the classes: at least two, each once. */
  readonly labels: readonly string[];
  /**
   * Factor of the mean loss of the language model beside that of the classes. Default 0.5. An encoder has
   * none.
   */
  readonly lmLossWeight: number;
  /** Probability that an element of the head's input is dropped. Default 0.1. */
  readonly dropout: number;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenClasses = Pick<ClassesSettings, "kind" | "labels"> & {
  readonly [Name in "lmLossWeight" | "dropout"]?: number | undefined;
};

/** Defaults of the paper. */
const DEFAULTS = { lmLossWeight: 0.5, dropout: 0.1 };

const isName = (value: unknown): value is string => typeof value === "string";

const rules: Readonly<Record<Exclude<keyof ClassesSettings, "kind">, Rule>> = {
  labels: {
    expected: "a list of at least two different names",
    holds: (value) =>
      Array.isArray(value) && value.length > 1 && value.every(isName) && new Set(value).size === value.length,
  },
  lmLossWeight: number("a number from 0", (value) => value >= 0),
  dropout: number("a number from 0 to below 1", (value) => value >= 0 && value < 1),
};

/** Reads all ids. The target is the class of their last row. */
const examples: ExampleReader = {
  beyond: 0,
  sequenceOf(ids, example, { head }, fail) {
    const types = "typeIds" in example ? example.typeIds : undefined;
    if (types !== undefined && (!isList(types) || types.length !== ids.length)) {
      throw fail(`typeIds: expected 0 or 1 for each of ${ids.length} token ids`);
    }
    const classes = head.kind === "classes" ? head.labels : [];
    const label = "label" in example ? example.label : undefined;
    const number = typeof label === "string" ? classes.indexOf(label) : -1;
    if (number < 0) throw fail(`label ${quote(label)}: a class is expected, such as ${quote(classes[0])}`);
    return { inputs: ids.slice(), targets: [...ids.slice(1), NO_TARGET], label: number, types };
  },
  check() {},
};

function classesObjective({ decoder, sequences, labelSmoothing }: Step, dropout: number): Objective {
  const targetsOf = classTargets(decoder.config);
  const scale = 1 / sequences.length;
  return {
    head: decoder.head,
    dropout,
    scale,
    differentiate(rows, group) {
      const targets = group.flatMap(targetsOf);
      const weights = new Float32Array(targets.length).fill(scale);
      return differentiateRows(rows, { targets, weights, smoothing: labelSmoothing });
    },
  };
}

/** The label at the row that decides. A head that reads means has one row for each sequence. */
const classTargets =
  (config: DecoderConfig) =>
  ({ inputs, label = NO_TARGET }: Sequence): number[] =>
    readsMeans(config)
      ? [label]
      : inputs.map((_, row) => (row === decidingRow(config, inputs.length) ? label : NO_TARGET));

const readsMeans = ({ head }: DecoderConfig): boolean => head.kind === "classes" && head.pooling === "mean";

const decidingRow = ({ head }: DecoderConfig, rows: number): number =>
  head.kind === "classes" && head.pooling === "first" ? 0 : rows - 1;

export const classes: ObjectiveKind<ClassesSettings> = {
  resolve(given) {
    const checked = checkOptions(given, rules) as Partial<ClassesSettings>;
    const { labels } = checked;
    if (labels === undefined) {
      throw new GptError("usage", `labels are missing: expected ${rules.labels.expected}`);
    }
    return { ...DEFAULTS, kind: "classes", ...checked, labels };
  },

  async plan(found, { labels, lmLossWeight }) {
    const classifier = await asClassifier(found, labels);
    const description = await parseModel(classifier.checkpoint, "classes");
    if (description.config.encoder !== undefined) {
      throw new GptError("usage", `${found.path}: is an encoder with a decoder, which makes no classifier`);
    }
    if (seesAhead(description.config)) return { ...classifier, description };
    const { head } = (await parseModel(classifier.checkpoint, "tokens")).config;
    if (lmLossWeight > 0 && !(head.kind === "tokens" && head.tied)) {
      const problem = "the model's head is no token embedding, and a classifier keeps none beside its own";
      throw new GptError("usage", `a language-model loss of weight ${lmLossWeight}: ${problem}: give 0`);
    }
    return { ...classifier, description };
  },

  examples,

  objectives(step, { dropout, lmLossWeight }) {
    const ofClasses = classesObjective(step, dropout);
    if (seesAhead(step.decoder.config)) return [ofClasses];
    if (lmLossWeight === 0 || countTargets(step.sequences) === 0) return [ofClasses];
    const { head, embedding } = step.decoder;
    const tokenHead = { ...head, weight: embedding.tokens.weight };
    return [ofClasses, { ...languageObjective(tokenHead, step, lmLossWeight), beside: true }];
  },

  evaluate({ decoder, signal, measure, createSession }, sequences) {
    const { head } = decoder.config;
    const labels = head.kind === "classes" ? head.labels : [];
    if (!seesAhead(decoder.config)) return evaluateClasses(createSession(), sequences, labels, signal);
    const rowsOf = ({ inputs }: Sequence) => (readsMeans(decoder.config) ? 1 : inputs.length);
    return evaluateEncoder((read) => measure(sequences, read), sequences, labels, rowsOf);
  },
};
