/** Flags of `gpt score`, and which metrics they belong to. */
import { fromZero, number as numberRule, seedRule, wholeTo } from "../../../checks/rules.ts";
import type { Smoothing } from "../../../evaluate/metrics/bleu.ts";
import { type MetricName, metricNames } from "../../../evaluate/metrics/table.ts";
import { metricTokenizers } from "../../../evaluate/metrics/tokenizers/table.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, list, numberBy, oneOf, path, toggle, value } from "../../flags/flags.ts";
import { jsonFlag, outputFlag } from "../../flags/output-flags.ts";
import { camelCase, type ParsedFlags } from "../../flags/parsed-flags.ts";
import { shardFlags } from "../../flags/shard-flags.ts";

const own = { inherited: false };

const smoothings = ["exp", "floor", "add-k", "none"] as const satisfies readonly Smoothing[];
const tokenizers = Object.keys(metricTokenizers) as (keyof typeof metricTokenizers)[];
const order = (least: number) => numberBy(wholeTo(least, 100));
const positive = numberBy(numberRule("a number above 0", (value) => value > 0));

const bleuFlags = flagGroup("bleu:", {
  tokenize: value(oneOf(...tokenizers), "How words are found [13a]"),
  smooth: value(oneOf(...smoothings), "What stands for n-grams without a match [exp]", {
    synonyms: ["smooth-method"],
  }),
  "smooth-value": value(numberBy(fromZero), "Of floor [0.1] and of add-k [1]"),
  "effective-order": toggle("Only orders that the text has count, as with --sentences"),
  "max-order": value(order(1), "The longest n-grams of words [4]"),
});

const caseFlag = flagGroup("bleu, chrf:", {
  lowercase: toggle("Capital letters count as small ones"),
});

const chrfFlags = flagGroup("chrf:", {
  "char-order": value(order(1), "The longest n-grams of characters [6]", {
    synonyms: ["chrf-char-order"],
  }),
  "word-order": value(order(0), "The longest n-grams of words [0; chrf++: 2]", {
    synonyms: ["chrf-word-order"],
  }),
  beta: value(positive, "Weight of the recall [2]", { synonyms: ["chrf-beta"] }),
  whitespace: toggle("White space counts among the characters", { synonyms: ["chrf-whitespace"] }),
  "eps-smoothing": toggle("The mean over all orders, as in chrF++.py and Moses", {
    synonyms: ["chrf-eps-smoothing"],
  }),
});

const terFlags = flagGroup("ter:", {
  normalized: toggle("Punctuation stands alone", { synonyms: ["ter-normalized"] }),
  "remove-punctuation": toggle("Punctuation is removed", { synonyms: ["ter-no-punct"] }),
  asian: toggle("Both also for Chinese and Japanese", { synonyms: ["ter-asian-support"] }),
  "case-sensitive": toggle("Capital letters differ from small ones", {
    synonyms: ["ter-case-sensitive"],
  }),
});

const rougeFlags = flagGroup("rouge:", {
  stem: toggle("Words are stemmed, as by Porter in NLTK", { synonyms: ["use-stemmer"] }),
});

export const scoreFlags = {
  ...flagGroup("Input:", {
    metric: value(oneOf(...metricNames), `The metric: ${metricNames.join(", ")}`, own),
    files: list(
      path,
      "The texts to score, one a line, - for standard input; then files of right texts, as many lines each",
      own,
    ),
    system: list(path, "The texts of another system, compared with the first", own),
  }),
  ...shardFlags,
  ...bleuFlags,
  ...caseFlag,
  ...chrfFlags,
  ...terFlags,
  ...rougeFlags,
  ...flagGroup("How sure:", {
    bootstrap: value(integer(40), "Score as many corpora of lines drawn at random: mean and 95%, and p", own),
    randomization: value(integer(1), "Swap lines of two systems at random as many times, for p", own),
    seed: value(numberBy(seedRule), "Seed of both [12345]", own),
  }),
  ...flagGroup("Output:", {
    sentences: toggle("Score each line", { synonyms: ["sentence-level"] }),
    width: value(numberBy(wholeTo(0, 20)), "Decimals [1; of rouge, wer and cer 4]"),
    short: toggle("A shorter signature"),
    "score-only": toggle("The number alone"),
    json: jsonFlag("A line of JSON for each score, without rounding"),
    output: {
      ...outputFlag("Keep the statistics of each line in a file, and take from it those that are there"),
      ...own,
    },
  }),
};

export type ScoreArguments = ParsedFlags<typeof scoreFlags>;

/** Flags of a metric, by the beginning of its name. */
const flagsByMetric: Readonly<Record<string, readonly string[]>> = {
  bleu: [...Object.keys(bleuFlags), "lowercase"],
  chrf: [...Object.keys(chrfFlags), "lowercase"],
  ter: Object.keys(terFlags),
  rouge: Object.keys(rougeFlags),
};

export function scoreConflicts(args: ScoreArguments): readonly Conflict[] {
  const { metric, sentences, bootstrap, randomization, system, smooth, scoreOnly, json, shard } = args;
  const known = Object.values(flagsByMetric).flat();
  const others = known.filter((name) => !belongs(name, metric));
  return [
    ...others.map((name) => ({
      holds: metric !== undefined && args[camelCase(name)] !== undefined,
      flags: [name],
      problem: `--${name} has no meaning for gpt score ${metric}`,
    })),
    {
      holds: args.smoothValue !== undefined && smooth !== "floor" && smooth !== "add-k",
      flags: ["smooth-value"],
      problem: "--smooth-value is for --smooth floor and --smooth add-k",
    },
    {
      holds: randomization !== undefined && system === undefined,
      flags: ["randomization"],
      problem: "--randomization compares two systems: give --system FILE",
    },
    {
      holds: randomization !== undefined && bootstrap !== undefined,
      flags: ["randomization"],
      problem: "--bootstrap and --randomization are two tests: choose one",
    },
    {
      holds: sentences && (bootstrap !== undefined || randomization !== undefined),
      flags: ["sentences"],
      problem: "--sentences scores single lines: --bootstrap and --randomization need all of them",
    },
    {
      holds: sentences && system !== undefined,
      flags: ["sentences"],
      problem: "--sentences scores the lines of one system: not with --system",
    },
    {
      holds: shard !== undefined && args.output === undefined,
      flags: ["shard"],
      problem: "--shard scores a block of the lines: name its file with -o",
    },
    {
      holds: sentences && args.output !== undefined,
      flags: ["sentences"],
      problem: "--sentences scores single lines: -o keeps what the score of all of them is made of",
    },
    { holds: scoreOnly && json, flags: ["score-only"], problem: "--score-only is text: not with --json" },
  ];
}

function belongs(flag: string, metric: MetricName | undefined): boolean {
  const beginning = Object.keys(flagsByMetric).find((name) => metric?.startsWith(name));
  return beginning !== undefined && flagsByMetric[beginning]?.includes(flag) === true;
}
