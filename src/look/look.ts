/**
 * Looking into a model from a program: what `gpt look` shows, as functions of a model and a prompt. Numbers come
 * as a `Grid`, a row-major array with its shape; types of the results name the shapes.
 */
import type { Model } from "../engine/model.ts";
import type { LanguageModel } from "../library/language-model.ts";
import { withEngine } from "../library/load-model.ts";
import type { Prompt } from "../text/text-model.ts";
import { ablation } from "./ablation.ts";
import { type AttentionOptions, attention } from "./attention.ts";
import { type Attribution, type AttributionOptions, attribution } from "./attribution/attribution.ts";
import { copying } from "./copying.ts";
import { analogy, embeddingRows, nearest } from "./embeddings/embeddings.ts";
import { principalComponents } from "./embeddings/principal-components.ts";
import { umap } from "./embeddings/umap.ts";
import { gradients } from "./gradients/gradients.ts";
import { headGradients } from "./gradients/head-gradients.ts";
import { integratedGradients } from "./gradients/integrated-gradients.ts";
import { leaveOneOut } from "./gradients/leave-one-out.ts";
import type { Grid } from "./grid.ts";
import { headKind } from "./head-scores.ts";
import { type Lens, type LensOptions, lens } from "./lens.ts";
import { neuron, strongest } from "./neurons.ts";
import { patching } from "./patching.ts";
import { rollout } from "./rollout.ts";
import { directionsBetween, type Steering, steered } from "./steering/steering.ts";
import {
  type SteeringEffect,
  type SteeringEffectOptions,
  steeringEffect,
} from "./steering/steering-effect.ts";
import { type Surprisal, type SurprisalOptions, surprisal } from "./surprisal.ts";

/** A view of an engine and ids, as one of a model and a prompt: a text, or ids. */
const of =
  <A extends unknown[], R>(view: (engine: Model, ids: readonly number[], ...rest: A) => R) =>
  (model: LanguageModel, prompt: Prompt, ...rest: A): R =>
    view(withEngine(model).engine, model.promptIds(prompt), ...rest);

export const look = {
  /** Attention weights of all heads, and scores that say what a head does. */
  attention: of<[options?: AttentionOptions], ReturnType<typeof attention>>(attention),
  /** Of the weights of `attention`, after each layer, [layers, N, N]. */
  rollout,
  /** Name of what a head does most: "induction", "previous token", "duplicate token", "sink". */
  headKind,
  /** What the model would say after each layer. */
  lens: of<[options?: Omit<LensOptions, "pass">], Promise<Lens>>(lens),
  /** How surprising each token is, and what was likely in its place. */
  tokens: of<[options?: Omit<SurprisalOptions, "pass">], Promise<Surprisal>>(surprisal),
  /** What each part of the model adds to the logit of the next token: direct logit attribution. */
  why: of<[options?: Omit<AttributionOptions, "pass">], Promise<Attribution>>(attribution),
  /** How much each head raises the logit of what it reads: which heads copy. */
  copying: of(copying),
  /** What each token of the prompt does for the next one. Load the model with `quantization: "f32"`. */
  gradients: of(gradients),
  integratedGradients: of(integratedGradients),
  /** Derivative of the loss of a text by a factor of each head, [L, H]. F32 too. */
  headGradients: of(headGradients),
  leaveOneOut: of(leaveOneOut),
  /** A neuron of an MLP: where the text activates it, and which logits it raises. */
  neuron: of(neuron),
  /** The neurons of a layer that a position activates most. */
  strongestNeurons: of(strongest),
  /** The loss without each head, attention and MLP. */
  ablate: of(ablation),
  /** What values of the first prompt restore of its answer in the second. */
  patch(
    model: LanguageModel,
    clean: Prompt,
    corrupted: Prompt,
    options: Parameters<typeof patching>[3] = {},
  ): ReturnType<typeof patching> {
    const { engine } = withEngine(model);
    return patching(engine, model.promptIds(clean), model.promptIds(corrupted), options);
  },
  /** Directions from one prompt to another, [C] each: before the first block and after each. */
  directions(model: LanguageModel, from: Prompt, to: Prompt): Promise<Float32Array[]> {
    return directionsBetween(withEngine(model).engine, model.promptIds(from), model.promptIds(to));
  },
  /** What the model says next while directions are added, by their scale. */
  steer: of<[steerings: readonly Steering[], options?: SteeringEffectOptions], Promise<SteeringEffect>>(
    steeringEffect,
  ),
  /** The same model with directions added to whatever it runs. Close it before the other one. */
  steered(model: LanguageModel, steerings: readonly Steering[]): LanguageModel {
    const { engine, over } = withEngine(model);
    return over(steered(engine, steerings));
  },
  /** Rows of the table of embeddings, [ids, C]. */
  async embeddings(model: LanguageModel, ids: readonly number[]): Promise<Grid> {
    const values = await embeddingRows(withEngine(model).engine, ids);
    return { shape: [ids.length, values.length / ids.length], values };
  },
  /** Tokens whose embeddings are nearest to a vector, [C]. */
  nearest(
    model: LanguageModel,
    vector: Float32Array,
    options: Parameters<typeof nearest>[2] = {},
  ): ReturnType<typeof nearest> {
    return nearest(withEngine(model).engine, vector, options);
  },
  /** a - b + c of three ids, each of length 1: as king - man + woman, [C]. */
  analogy(model: LanguageModel, ids: readonly [number, number, number]): Promise<Float32Array> {
    return analogy(withEngine(model).engine, ids, true);
  },
  /** Vectors on the axes on which they differ most. */
  principalComponents,
  /** Vectors on a map on which near ones stay near, [n, 2]. */
  umap,
} as const;
