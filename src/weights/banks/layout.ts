/** Where the weights of a model lie: plan.ts decides it, and the loader follows. */

/** A bank with the layers of a model. */
export interface PlannedBank {
  /** Its number in the process. */
  readonly number: number;
  readonly firstLayer: number;
  readonly layers: number;
  readonly weightBytes: number;
  /** Of the caches of its layers, for a session of full length. */
  readonly cacheBytes: number;
}

/** Consecutive rows of a table. */
export interface TablePart {
  /** Number of its bank among those of the model. */
  readonly bank: number;
  readonly first: number;
  readonly count: number;
}

export interface BankPlan {
  readonly banks: readonly PlannedBank[];
  /** Number of the bank among those of the model, of weights of layers, by name. Others lie in the first. */
  readonly bankOf: ReadonlyMap<string, number>;
  /** Parts of the tables that do not lie in the first bank as a whole, by the name of the weight. */
  readonly split: ReadonlyMap<string, readonly TablePart[]>;
}
