/** The methods that make one model of several, by name. A new one is a file and a line here. */
import { average } from "./average.ts";
import type { MergeSettings } from "./settings.ts";
import { slerp } from "./slerp.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { ties } from "./ties.ts";

export type MergeMethod = "average" | "slerp" | "task-arithmetic" | "ties";

interface Method {
  /** The models are seen as changes of another one, which comes before them. */
  readonly hasBase: boolean;
  /** Settings of this method alone. */
  readonly settings: readonly (keyof MergeSettings)[];
  /** Number of models, if it takes no other. */
  readonly models?: number;
  /** @param tensors one of each model, in the layout of the file; the base first */
  readonly merge: (tensors: readonly Float32Array[], settings: MergeSettings) => Float32Array;
}

export const METHODS: Readonly<Record<MergeMethod, Method>> = {
  average: { hasBase: false, settings: ["weights"], merge: average },
  slerp: { hasBase: false, settings: ["t"], models: 2, merge: slerp },
  "task-arithmetic": { hasBase: true, settings: ["weights"], merge: taskArithmetic },
  ties: { hasBase: true, settings: ["weights", "density"], merge: ties },
};
