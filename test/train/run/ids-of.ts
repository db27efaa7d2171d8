import type { Example } from "../../../src/train/run/model-in-training.ts";

/** The ids of an example that is one sequence. */
export const idsOf = (example: Example): readonly number[] => ("ids" in example ? example.ids : []);
