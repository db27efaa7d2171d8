/** Flags of `gpt train` that do not go together. */
import type { Conflict } from "../../flags/conflicts.ts";
import type { TrainArguments } from "./flags.ts";
import { policyFlags } from "./policy-flags.ts";
import { replicaFlags } from "./replica-flags.ts";

/**
 * Pairs of flags, or of a flag with one of its values, that exclude each other. An inherited first flag gives
 * way.
 */
const PAIRS: readonly (readonly [flag: string, other: string, problem: string])[] = [
  ["steps", "epochs", "a run has one length: give --steps or --epochs"],
  ["minutes", "steps", "a run has one length: give --steps or --minutes"],
  ["minutes", "epochs", "a run has one length: give --epochs or --minutes"],
  ["valid-fraction", "valid", "give --valid or --valid-fraction, not both"],
  ["preset", "init", "--init has a size: leave --preset out"],
  ["family", "init", "--init has a family: leave --family out"],
  ["layers", "init", "--init has its layers: leave --layers out"],
  ["heads", "init", "--init has its heads: leave --heads out"],
  ["width", "init", "--init has a width: leave --width out"],
  ["tokenizer", "init", "--init has a tokenizer: leave --tokenizer out"],
  ["vocab-size", "init", "--init has a tokenizer: leave --vocab-size out"],
  ["vocab-size", "tokenizer", "--tokenizer has a vocabulary: leave --vocab-size out"],
  ["keep-zeros", "lora", "--lora leaves all weights of the model as they are: leave --keep-zeros out"],
  ["freeze", "lora", "--lora leaves all weights of the model as they are: leave --freeze out"],
  ["lora", "task=classify", "--task classify trains the weights themselves: leave --lora out"],
  ["lora", "task=reward", "--task reward trains the weights themselves: leave --lora out"],
  ["sample-every", "task=reward", "--task reward writes no texts: leave --sample-every out"],
  ["sample-every", "task=classify", "--task classify writes no texts: leave --sample-every out"],
  ["sample-prompt", "task=classify", "--task classify writes no texts: leave --sample-prompt out"],
  ["sample-every", "task=fill-mask", "--task fill-mask writes no texts: leave --sample-every out"],
  ["sample-prompt", "task=fill-mask", "--task fill-mask writes no texts: leave --sample-prompt out"],
  ["replica", "minutes", "replicas meet after a number of steps: give --steps or --epochs"],
  ["shard", "replica", "--shard tokenizes the data: give --replica to the run with --tokens"],
  ["shard", "tokens", "--shard makes what --tokens reads: give one of them"],
  ["shard", "resume", "--shard tokenizes the data of a new run: leave --resume out"],
  ["output", "resume", "--resume writes where the run is: leave --output out"],
];

/** Flags without a meaning unless another flag is given. */
const DEPENDENT: readonly (readonly [flag: string, needed: string, problem: string])[] = [
  ["lora", "init", "--lora adapts a model: --init says which"],
  ["lora-alpha", "lora", "--lora-alpha is of an adapter: give its rank, --lora"],
  ["lora-scaling", "lora", "--lora-scaling is of an adapter: give its rank, --lora"],
  ["dora", "lora", "--dora is of an adapter: give its rank, --lora"],
  ["lora-plus", "lora", "--lora-plus is of an adapter: give its rank, --lora"],
  ["lora-dropout", "lora", "--lora-dropout is of an adapter: give its rank, --lora"],
  ["task=classify", "init", "--task classify makes a classifier of a model: --init says which"],
  ["task=fill-mask", "init", "--task fill-mask trains an encoder further: --init says which"],
  ...["reward", "dpo", "orpo", "kto", "distill", "ppo", "grpo"].map(
    (task) => [`task=${task}`, "init", `--task ${task} trains a model further: --init says which`] as const,
  ),
  ["loss", "task=dpo|grpo|distill", "--loss is of preferences: give --task dpo, grpo or distill"],
  ["task=distill", "teacher", "--task distill learns from a larger model: --teacher says which"],
  ...["teacher", "alpha", "teacher-top-k"].map(
    (flag) => [flag, "task=distill", `--${flag} is of a distillation: give --task distill`] as const,
  ),
  ...policyDependencies(),
  ["center-rewards", "task=reward", "--center-rewards is of a reward model: give --task reward"],
  ["lm-loss-weight", "task=classify", "--lm-loss-weight is of a classifier: give --task classify"],
  ["classifier-dropout", "task=classify", "--classifier-dropout is of a classifier: give --task classify"],
  ["replica", "outer-dir", "--replica meets others in a folder: --outer-dir says in which"],
  ...Object.keys(replicaFlags)
    .filter((flag) => flag !== "replica")
    .map((flag) => [flag, "replica", `--${flag} is of one of several replicas: give --replica`] as const),
  ["quant", "lora", "--quant is of a model that stays as it is, beside an adapter: give --lora"],
  ["lora-targets", "lora", "--lora-targets is of an adapter: give its rank, --lora"],
];

/** What only some of the tasks have that learn from their own answers. */
function policyDependencies(): (readonly [flag: string, needed: string, problem: string])[] {
  const ofOne: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      ["mini-batch", "kl-coef", "kl-estimator", "kl-target", "kl-horizon", "vf-coef", "gamma", "lam"].map(
        (flag) => [flag, "ppo"],
      ),
    ),
    ...Object.fromEntries(
      ["generations", "clip-range-high", "scale-rewards", "ratio-level"].map((flag) => [flag, "grpo"]),
    ),
  };
  return Object.keys(policyFlags).map((flag) => {
    const both = flag === "temp" ? ["ppo", "grpo", "distill"] : ["ppo", "grpo"];
    const tasks = ofOne[flag] ? [ofOne[flag]] : both;
    const advice = `give ${tasks.map((task) => `--task ${task}`).join(" or ")}`;
    return [flag, `task=${tasks.join("|")}`, `--${flag} is of a policy: ${advice}`];
  });
}

export function trainConflicts(args: TrainArguments): readonly Conflict[] {
  const isGiven = (wanted: string) => {
    const [flag = "", value] = wanted.split("=");
    const given = args[flag];
    return value === undefined ? given !== undefined : value.split("|").includes(String(given));
  };
  return [
    ...PAIRS.map(([flag, other, problem]) => ({
      holds: isGiven(flag) && isGiven(other),
      flags: [nameOf(flag), nameOf(other)],
      problem,
    })),
    ...DEPENDENT.map(([flag, needed, problem]) => ({
      holds: isGiven(flag) && !isGiven(needed) && !isGiven("resume"),
      flags: [nameOf(flag)],
      problem,
    })),
  ];
}

const nameOf = (flag: string): string => flag.split("=")[0] ?? flag;
