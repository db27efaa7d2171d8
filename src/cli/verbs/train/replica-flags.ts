/** Flags of a run that several processes share: DiLoCo. */
import { between, number as rule } from "../../../checks/rules.ts";
import { CHANGE_TYPES } from "../../../train/replicas/change.ts";
import { flagGroup, integer, numberBy, oneOf, path, value } from "../../flags/flags.ts";
import { shard } from "../../flags/shard-flags.ts";

const above = numberBy(rule("a number above 0", (given) => given > 0 && Number.isFinite(given)));

export const replicaFlags = flagGroup("Replicas:", {
  replica: value(
    shard,
    "I/N: one of N processes that train the model together, each on its own examples; auto: as Slurm, Kubernetes or MPI say",
  ),
  "outer-dir": value(path, "The folder in which they meet"),
  "inner-steps": value(integer(1), "Steps of a replica between two outer steps [100]"),
  "outer-lr": value(above, "Learning rate of the outer step [0.7]"),
  "outer-momentum": value(numberBy(between(0, 0.999)), "Its Nesterov momentum [0.9]"),
  wait: value(above, "Seconds that the change of another replica is waited for [600]"),
  change: value(oneOf(...CHANGE_TYPES), "How this replica writes its change [f32]"),
});
