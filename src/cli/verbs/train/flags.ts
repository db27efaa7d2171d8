/** Flags of `gpt train`, in the order of --help. */
import { between } from "../../../checks/rules.ts";
import { LORA_SCALINGS } from "../../../train/adapter/lora.ts";
import { SHAPE_FAMILIES } from "../../../train/new-model/model-shape.ts";
import { PRESET_NAMES } from "../../../train/new-model/presets.ts";
import { CRITERIA } from "../../../train/run/history.ts";
import { TASK_NAMES } from "../../../train/run/tasks.ts";
import { SCHEDULES } from "../../../train/schedule.ts";
import {
  count,
  flagGroup,
  integer,
  list,
  modelPath,
  number,
  numberBy,
  oneOf,
  path,
  text,
  toggle,
  value,
} from "../../flags/flags.ts";
import { engineFlags } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { shard } from "../../flags/shard-flags.ts";
import { policyFlags } from "./policy-flags.ts";
import { replicaFlags } from "./replica-flags.ts";
import { betas, fraction, fromZero, names, positive, warmup } from "./values.ts";

/** Flags that decide the numbers of a run. `--resume` takes them from the run itself. */
export const runFlags = {
  ...flagGroup("Data:", {
    data: list(
      path,
      "Text (documents end with <|endoftext|>), .jsonl, .json, .csv, a directory, a pattern, - for standard input",
    ),
    valid: list(path, "What validation is measured on, instead of a part of the data"),
    "valid-fraction": value(fraction, "The part of the documents that is kept back for validation [0.05]"),
    tokenizer: value(
      modelPath,
      "A model whose tokenizer is used [--init's, or one that is trained on the data]",
    ),
    "source-lang": value(
      text,
      "Language of the inputs of a translation model: en_XX, eng_Latn, en [its own]",
      {
        synonyms: ["src-lang"],
      },
    ),
    "target-lang": value(text, "Language of the targets: fr_XX, fra_Latn, fr, fra [the model's]", {
      synonyms: ["tgt-lang"],
    }),
    tokens: value(path, "Where gpt gather has put the tokens of the data that --shard made [made here]"),
    template: value(
      path,
      "Writes messages, and stays with the model: a file, or the name of one of the model's [--init's, or ChatML]",
    ),
    "vocab-size": value(integer(257), "Tokens of a tokenizer that is trained [the preset's]"),
  }),
  ...flagGroup("Model:", {
    init: value(modelPath, "Train this model further: a directory, a .gguf file, or a name", { alias: "m" }),
    preset: value(
      oneOf(...PRESET_NAMES),
      "A size [mini; with --minutes the largest that learns enough in the time]",
    ),
    family: value(oneOf(...SHAPE_FAMILIES), "The kind of decoder [gpt2]"),
    layers: value(integer(1), "Blocks [the preset's]", { synonyms: ["n-layer"] }),
    heads: value(integer(1), "Heads of attention in a block [the preset's]", { synonyms: ["n-head"] }),
    width: value(integer(1), "Width of the residual stream [the preset's]", { synonyms: ["n-embd"] }),
    context: value(integer(1), "Tokens of a sequence [the model's]", {
      alias: "c",
      synonyms: ["ctx-size", "block-size"],
    }),
  }),
  ...flagGroup("Length:", {
    steps: value(integer(1), "End after so many steps", {
      alias: "n",
      synonyms: ["max-steps", "max-iters", "iters"],
    }),
    epochs: value(positive, "End when the data was read so often [3 with --task classify]"),
    minutes: value(positive, "End on time: the learning rate follows the clock [5]"),
  }),
  ...flagGroup("Optimisation:", {
    batch: value(
      integer(1),
      "Sequences that a gradient is computed of [4096 tokens of them, 1024 with --init]",
      {
        synonyms: ["batch-size"],
      },
    ),
    accumulate: value(integer(1), "Gradients that a step adds up [1]", {
      synonyms: ["grad-accumulation-steps", "gradient-accumulation-steps"],
    }),
    lr: value(
      positive,
      "The highest learning rate [6e-4 at a width of 768, more below; a tenth with --init, but not with --lora]",
      {
        synonyms: ["learning-rate"],
      },
    ),
    "min-lr": value(fromZero, "The last one [a tenth of --lr]"),
    warmup: value(warmup, "The start in which it rises: 100 steps, or 5% of the run [5%]", {
      synonyms: ["warmup-steps", "warmup-iters"],
    }),
    schedule: value(oneOf(...SCHEDULES), "How it falls; wsd: in the last fifth only [cosine]", {
      synonyms: ["lr-scheduler-type"],
    }),
    "weight-decay": value(fromZero, "AdamW's, of matrices and embeddings [0.1]"),
    betas: value(betas, "AdamW's decay of both moments [0.9,0.95]"),
    eps: value(positive, "AdamW's epsilon [1e-8]"),
    clip: value(fromZero, "The longest gradient; 0: any [1]", { synonyms: ["grad-clip", "max-grad-norm"] }),
    dropout: value(fraction, "Probability that an activation is dropped [0]"),
    freeze: list(
      text,
      "Weights that stay as they are, by their names in the model's files: '*wte*', '*h.0.*'",
    ),
    "keep-zeros": toggle("Zeros of matrices stay zeros, such as those of a pruned model"),
    recompute: toggle(
      "Compute blocks again on the way back: a third slower, in the memory of one block [where memory asks for it]",
    ),
    "label-smoothing": value(fraction, "Probability that is spread over all tokens [0]"),
    seed: value(number, "The same seed gives the same model [1]", { alias: "s" }),
  }),
  ...flagGroup("Adapter:", {
    lora: value(integer(1), "Train a LoRA adapter of this rank for --init, which stays as it is", {
      synonyms: ["lora-r", "lora-rank"],
    }),
    "lora-alpha": value(positive, "What it adds is multiplied by alpha / rank [8]"),
    "lora-scaling": value(
      oneOf(...LORA_SCALINGS),
      "root: multiply by alpha / sqrt(rank), so that a large rank learns as fast (rsLoRA) [rank]",
    ),
    dora: toggle("Train the lengths of the changed rows by themselves (DoRA): learns more at a small rank"),
    "lora-plus": value(positive, "The learning rate of B by that of A; 16 is usual (LoRA+) [1]", {
      synonyms: ["loraplus-lr-ratio"],
    }),
    "lora-dropout": value(fraction, "Probability that an element of its input is dropped [0]"),
    "lora-targets": value(names, "Layers by name, such as c_attn,mlp.c_proj [all-linear: all but the head]", {
      synonyms: ["target-modules", "lora-target-modules"],
    }),
    quant: engineFlags.quant,
  }),
  ...flagGroup("Classifier:", {
    task: value(
      oneOf(...TASK_NAMES),
      'What --init is trained for; classify: to name the label of lines {"text": "...", "label": "..."}, or of CSV; fill-mask: to guess masked tokens; reward, dpo, orpo: to tell or write what people prefer, of lines {"prompt": "...", "chosen": "...", "rejected": "..."}; kto: of {"prompt": "...", "completion": "...", "label": true}; distill: to write texts as --teacher would; ppo, grpo: to write what --reward gives points for, from {"prompt": "..."} [generate]',
    ),
    "lm-loss-weight": value(fromZero, "What learning to write the texts counts beside their labels [0.5]"),
    "classifier-dropout": value(fraction, "Probability that an input of the new head is dropped [0.1]"),
    "best-by": value(
      oneOf(...CRITERIA),
      "What the model that is kept is the best by, measured on the validation data [accuracy; of texts, loss]",
      { synonyms: ["metric-for-best-model"] },
    ),
  }),
  ...flagGroup("Preferences:", {
    loss: value(
      text,
      "Of --task dpo: sigmoid, ipo, hinge, robust, cdpo ..., each also with +sft [sigmoid]; of grpo: dapo, grpo, bnpo, dr_grpo, cispo [dapo]; of distill: kl, reverse_kl, jsd, mse [kl]",
      {
        synonyms: ["loss-type"],
      },
    ),
    beta: value(
      positive,
      "What the distance from the reference counts; of orpo, the odds ratio [0.1; of grpo 0]",
    ),
    reference: value(
      modelPath,
      "Of dpo, kto, ppo and grpo: the model that is compared with [--init, or it without the adapter]",
    ),
    "center-rewards": value(fromZero, "Of reward: keeps rewards near 0; 0.01 is usual [0]", {
      synonyms: ["center-rewards-coefficient"],
    }),
  }),
  ...flagGroup("Distillation:", {
    teacher: value(modelPath, "Of --task distill: the larger model, with the same vocabulary"),
    alpha: value(
      numberBy(between(0, 1)),
      "Share of the distance from the teacher in the loss; the rest is that of the text [0.5]",
    ),
    "teacher-top-k": value(integer(1), "Only the teacher's likeliest tokens, with --loss kl [all]"),
  }),
  ...policyFlags,
  ...replicaFlags,
  ...flagGroup("While it runs:", {
    "eval-every": value(integer(0), "Measure the validation loss every N steps [20 times a run]", {
      synonyms: ["eval-interval"],
    }),
    "eval-windows": value(
      integer(0),
      "Sequences that it is measured on; 0: all [64; at the end all, if that takes seconds]",
    ),
    "sample-every": value(integer(0), "Write a text every N steps; 0: never [5 times a run]"),
    "sample-prompt": value(text, "How that text begins [as a document]"),
    "save-every": value(integer(0), "Save every N steps [20 times a run]"),
  }),
  ...flagGroup("Engine:", { simd: engineFlags.simd }),
};

export const trainFlags = {
  ...runFlags,
  ...flagGroup("Data:", {
    shard: value(shard, "I/N: only tokenize the I-th of N blocks of the documents, and end; or auto", {
      inherited: false,
    }),
  }),
  ...flagGroup("Engine:", { threads: engineFlags.threads }),
  ...flagGroup("Output:", {
    output: value(path, "The directory of the model: it is there from the start, and the best one stays", {
      alias: "o",
    }),
    resume: value(path, "Go on with the run in this directory", { inherited: false }),
    presets: toggle("List the presets with what they need, and end"),
    quiet: toggle("Nothing on standard error but errors", { alias: "q" }),
    verbose: count("A line for every step", { alias: "v" }),
  }),
  ...colorFlag,
};

export type RunArguments = ParsedFlags<typeof runFlags>;
export type TrainArguments = ParsedFlags<typeof trainFlags>;
