/**
 * What a page shows of one prompt: the records of the views (src/look), and what the picture of the whole path
 * needs. L layers, T positions, K candidates, V ids. The page reads the same record from its file and from the
 * engine that a live page carries.
 */
import type { Ablation } from "../look/ablation.ts";
import type { Attention } from "../look/attention.ts";
import type { Copying } from "../look/copying.ts";
import type { Grid } from "../look/grid.ts";
import type { Lens } from "../look/lens.ts";
import type { Patching } from "../look/patching.ts";
import type { SteeringEffect } from "../look/steering/steering-effect.ts";
import type { Surprisal } from "../look/surprisal.ts";

export interface ModelFacts {
  readonly name: string;
  readonly family: string;
  readonly layers: number;
  /** Heads of the layer that has most. */
  readonly heads: number;
  readonly width: number;
  readonly vocabulary: number;
}

/** Ids with a number each, the largest first: [..., K] both. */
export interface Ranking {
  readonly ids: Grid<Int32Array>;
  readonly values: Grid;
}

/** The logit of `token` minus that of `against`, taken apart. */
export interface Why {
  readonly token: number;
  readonly against: number;
  readonly logitDifference: number;
  /** Of all parts below. */
  readonly sum: number;
  /** Parts by name, in the order of the model. */
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  /** Parts of the heads, [L, heads]; NaN for a head that is not there. */
  readonly heads: Grid;
  /** Position from which each head read most of its part, [L, heads]; -1 where that is not known. */
  readonly sources: Grid<Int32Array>;
  /** What the tokens of the prompt do for the answer, [T] each. */
  readonly inputs: readonly InputMethod[];
}

export interface InputMethod {
  readonly name: string;
  readonly values: Grid;
  /** What the numbers are, and how exact. */
  readonly note: string;
}

export interface Embeddings {
  /** Ids of the points: tokens of the prompt and their neighbours. */
  readonly ids: Int32Array;
  /** On the first two principal components of these rows, [points, 2]. */
  readonly places: Grid;
  /** Shares of the variance on them. */
  readonly explained: readonly number[];
  /** By UMAP, [points, 2]. */
  readonly umap?: Grid | undefined;
  /** Ids of the tokens with neighbours. */
  readonly of: Int32Array;
  /** By cosine, [of, K]. */
  readonly neighbours: Ranking;
}

export interface Neuron {
  readonly layer: number;
  readonly neuron: number;
  /** [T] */
  readonly activations: Grid;
  /** Tokens whose logits it raises and lowers most where it is active, [K]. */
  readonly raises: Ranking;
  readonly lowers: Ranking;
}

export interface Flow {
  /** S entries of the residual stream, spread evenly, [L + 1, T, S]. */
  readonly stream: Grid;
  /** Lengths of what attention and feed-forward add, [L, T, 2]. */
  readonly added: Grid;
  /** After the last token, [V]. */
  readonly logits: Grid;
}

/** What another model of the same vocabulary says of the same text. */
export interface Compared {
  /** Of the other model. */
  readonly name: string;
  readonly surprisal: Surprisal;
}

/** A steered model, and what it writes after the text. */
export interface Steered {
  readonly effect: SteeringEffect;
  /** By scale. */
  readonly written: readonly string[];
}

/** What a page shows first. */
export interface Start {
  /** Name of the part that is in sight. */
  readonly view?: string | undefined;
  readonly layer?: number | undefined;
  readonly head?: number | undefined;
  readonly position?: number | undefined;
}

/** Parts that need more than one prompt or model, or many passes. */
export interface Experiments {
  readonly ablation?: Ablation | undefined;
  readonly patching?: Patching | undefined;
  readonly steering?: Steered | undefined;
  readonly compared?: Compared | undefined;
}

export interface PageData extends Experiments {
  readonly model: ModelFacts;
  readonly start: Start;
  readonly ids: readonly number[];
  /** Texts of all ids that the page names. */
  readonly texts: Readonly<Record<number, string>>;
  /** Sentences on what is left out. */
  readonly notices: readonly string[];
  readonly flow: Flow;
  readonly surprisal: Surprisal;
  readonly lens: Lens;
  /** Undefined for a model without attention. */
  readonly attention?:
    | { readonly maps: Attention; readonly rollout: Grid; readonly copying?: Copying | undefined }
    | undefined;
  readonly why?: Why | undefined;
  readonly embeddings?: Embeddings | undefined;
  readonly neurons: readonly Neuron[];
}
