/** Memory that a model takes, without reading its weights. */
import { BLOCK_POSITIONS } from "../../compute/kernels/table.ts";
import { kvBlockBytes, stateBytes } from "../../compute/memory/kv-shape.ts";
import { kvTypesName } from "../../compute/memory/kv-types.ts";
import { defaultKvTypes, kvShapeOf } from "../../engine/kv-types.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { WEIGHT_TYPES, weightBytesAt } from "../../model/weight-sizes.ts";
import { divideIntoBanks } from "../../weights/banks/plan.ts";
import { memoryDtype } from "../../weights/dtype.ts";
import {
  chooseContextSize,
  type SessionPlan,
  sessionCacheBytes,
  weightBytesByDtype,
} from "../../weights/memory-plan.ts";
import type { ResolvedWeight } from "../../weights/resolve.ts";
import { messageOf } from "./load-problem.ts";
import type { Storage } from "./storage.ts";

/** @param weights null if they cannot be loaded */
export function memoryFacts(
  config: DecoderConfig,
  parameters: number,
  storage: Storage | null,
  weights: readonly ResolvedWeight[] | null,
) {
  const contextSize = chooseContextSize(config, undefined);
  const kvTypes = defaultKvTypes((weights ?? []).map(memoryDtype()));
  const kvShape = kvShapeOf(config, kvTypes);
  const state = stateBytes(kvShape);
  return {
    weightsF32Bytes: 4 * parameters,
    weightsStoredBytes: storage?.tensorBytes ?? null,
    storedDtypes: storage?.dtypes.map(({ dtype }) => dtype) ?? [],
    weightsBytesAs: Object.fromEntries(
      WEIGHT_TYPES.map((type) => [type.toLowerCase(), weightBytesAt(config, type)]),
    ),
    kvCacheDtype: kvTypesName(kvTypes),
    kvCacheBytesPerToken: kvBlockBytes(kvShape) / BLOCK_POSITIONS,
    ...(state > 0 && { stateBytes: state }),
    contextSize,
    kvCacheBytes: sessionCacheBytes({ config, contextSize, kvShape }),
    /** Bytes of the loaded weights by type; null if they cannot be loaded. */
    weightsLoaded: weights && weightBytesByDtype(weights),
    /** The memories of at most 4 GiB that hold the model, with a session of this context, or why none can. */
    banks: weights && banksOf({ config, contextSize, kvShape }, weights),
  };
}

function banksOf(sessions: SessionPlan, weights: readonly ResolvedWeight[]) {
  try {
    return divideIntoBanks(sessions, { weights, dtypeOf: memoryDtype(), adapters: [] }).banks;
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
