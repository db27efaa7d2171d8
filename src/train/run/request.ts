/**
 * Request for a training run. Its fields have the names of `gpt train`'s flags. `planOf` decides undefined
 * ones.
 */

import type { Simd } from "../../compute/kernels/kernels.ts";
import type { Shard } from "../../shards/shard.ts";
import type { Quantization } from "../../weights/dtype.ts";
import type { LoraScaling } from "../adapter/lora.ts";
import type { ShapeFamily } from "../new-model/model-shape.ts";
import type { PresetName } from "../new-model/presets.ts";
import type { ChangeType } from "../replicas/change.ts";
import type { ScheduleName } from "../schedule.ts";
import type { Criterion } from "./history.ts";
import type { Task } from "./tasks.ts";

/** A number of steps, or a share of the run. */
export type Warmup = { readonly steps: number } | { readonly share: number };

export interface DataRequest {
  readonly data?: readonly string[] | undefined;
  readonly valid?: readonly string[] | undefined;
  readonly validFraction?: number | undefined;
  readonly tokenizer?: string | undefined;
  /** A file with a chat template, or the name of one of the start. */
  readonly template?: string | undefined;
  /** Of pairs of texts that do not name their own. */
  readonly sourceLang?: string | undefined;
  readonly targetLang?: string | undefined;
  /** Directory of the data as tokens, made elsewhere. */
  readonly tokens?: string | undefined;
}

export interface ModelRequest {
  readonly init?: string | undefined;
  readonly preset?: PresetName | undefined;
  readonly family?: ShapeFamily | undefined;
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
  readonly width?: number | undefined;
  readonly context?: number | undefined;
  readonly vocabSize?: number | undefined;
}

/** At most one of them. */
export interface LengthRequest {
  readonly steps?: number | undefined;
  readonly epochs?: number | undefined;
  readonly minutes?: number | undefined;
}

export interface OptimizationRequest {
  readonly batch?: number | undefined;
  readonly accumulate?: number | undefined;
  readonly lr?: number | undefined;
  readonly minLr?: number | undefined;
  readonly warmup?: Warmup | undefined;
  readonly schedule?: ScheduleName | undefined;
  readonly weightDecay?: number | undefined;
  readonly betas?: readonly [number, number] | undefined;
  readonly eps?: number | undefined;
  readonly clip?: number | undefined;
  readonly dropout?: number | undefined;
  readonly keepZeros?: boolean | undefined;
  readonly freeze?: readonly string[] | undefined;
  readonly recompute?: boolean | undefined;
  readonly labelSmoothing?: number | undefined;
  readonly seed?: number | undefined;
}

export interface AdapterRequest {
  readonly lora?: number | undefined;
  readonly loraAlpha?: number | undefined;
  readonly loraScaling?: LoraScaling | undefined;
  readonly dora?: boolean | undefined;
  readonly loraPlus?: number | undefined;
  readonly loraDropout?: number | undefined;
  readonly loraTargets?: readonly string[] | undefined;
  /** Type of the matrices of the model in memory. */
  readonly quant?: Quantization | undefined;
}

export interface ClassifierRequest {
  readonly task?: Task | undefined;
  readonly lmLossWeight?: number | undefined;
  readonly classifierDropout?: number | undefined;
  readonly bestBy?: Criterion | undefined;
}

export interface PreferenceRequest {
  /** A variant of the objective of the task. */
  readonly loss?: string | undefined;
  readonly beta?: number | undefined;
  readonly reference?: string | undefined;
  readonly centerRewards?: number | undefined;
}

export interface DistillationRequest {
  readonly teacher?: string | undefined;
  readonly teacherTopK?: number | undefined;
  readonly alpha?: number | undefined;
}

/** Of a policy that learns from its own answers. */
export interface PolicyRequest {
  readonly reward?: readonly string[] | undefined;
  readonly rewardCommand?: string | undefined;
  readonly rewardTimeout?: number | undefined;
  /** A file of answers that were drawn elsewhere. */
  readonly rollouts?: string | undefined;
  readonly generations?: number | undefined;
  readonly responseTokens?: number | undefined;
  readonly temp?: number | undefined;
  readonly missingEosPenalty?: number | undefined;
  readonly updates?: number | undefined;
  readonly miniBatch?: number | undefined;
  readonly clipRange?: number | undefined;
  readonly clipRangeHigh?: number | undefined;
  readonly scaleRewards?: "group" | "batch" | "none" | undefined;
  readonly ratioLevel?: "token" | "sequence" | undefined;
  readonly klCoef?: number | undefined;
  readonly klEstimator?: "k1" | "k3" | undefined;
  readonly klTarget?: number | undefined;
  readonly klHorizon?: number | undefined;
  readonly klBound?: number | undefined;
  readonly klCeiling?: number | undefined;
  readonly vfCoef?: number | undefined;
  readonly gamma?: number | undefined;
  readonly lam?: number | undefined;
}

/** Of a run that several processes share. */
export interface ReplicaRequest {
  readonly replica?: Shard | undefined;
  readonly outerDir?: string | undefined;
  readonly innerSteps?: number | undefined;
  readonly outerLr?: number | undefined;
  readonly outerMomentum?: number | undefined;
  /** Seconds. */
  readonly wait?: number | undefined;
  readonly change?: ChangeType | undefined;
}

export interface CadenceRequest {
  readonly evalEvery?: number | undefined;
  readonly evalWindows?: number | undefined;
  readonly sampleEvery?: number | undefined;
  readonly samplePrompt?: string | undefined;
  readonly saveEvery?: number | undefined;
}

export interface EngineRequest {
  readonly simd?: Simd | "auto" | undefined;
  readonly threads?: number | undefined;
}

export interface RunRequest
  extends DataRequest,
    ModelRequest,
    LengthRequest,
    OptimizationRequest,
    AdapterRequest,
    ClassifierRequest,
    PreferenceRequest,
    DistillationRequest,
    PolicyRequest,
    ReplicaRequest,
    CadenceRequest,
    EngineRequest {}
