/** Runs all views on a prompt: for a page that is written to a file, and inside a live page. */
import type { Model } from "../../engine/model.ts";
import { GptError } from "../../errors.ts";
import { ablation } from "../../look/ablation.ts";
import { AttentionMaps } from "../../look/attention.ts";
import { attribution } from "../../look/attribution/attribution.ts";
import { copying } from "../../look/copying.ts";
import { Distribution } from "../../look/distribution.ts";
import { lens } from "../../look/lens.ts";
import { headCounts } from "../../look/parts.ts";
import { rollout } from "../../look/rollout.ts";
import { surprisal } from "../../look/surprisal.ts";
import { watch } from "../../look/watching.ts";
import { attentionsOf } from "../../model/mixers.ts";
import type { Experiments, PageData, Start } from "../page-data.ts";
import { embeddingsOf } from "./embeddings.ts";
import { flowNames, flowOf } from "./flow.ts";
import { neuronsOf } from "./neurons.ts";
import { inputMethods, type WhyOptions, whyOf } from "./why.ts";

/** Numbers of all maps of attention together. */
const MOST_WEIGHTS = 4 << 20;
/** Weights that attribution holds in memory. */
const MOST_ATTRIBUTED = 1 << 27;
/** Tokens of a text whose heads are asked what they copy: each distinct token is attributed. */
const MOST_COPIED = 64;
/** Rows and columns of a map. */
const MOST_CELLS = 256;
/** Bytes of weights that all runs of an ablation read, a token at a time. */
const MOST_ABLATED = 2 ** 37;
/** Logits whose tokens are named. */
const NAMED = 200;

export interface Collected {
  readonly model: Model;
  /** As people know it. */
  readonly name: string;
  readonly family: string;
  readonly textOf: (id: number) => string;
}

export interface CollectOptions {
  /** Only views that take a few passes over the text: for a reader who types. */
  readonly isQuick?: boolean;
  readonly start?: Start | undefined;
  /** Candidates of a cell and of a token. Default 5. */
  readonly top?: number | undefined;
  /** The tokens that are explained, and how. */
  readonly why?: WhyOptions | undefined;
  /** A neuron that is shown before those that count most. */
  readonly neuron?: { readonly layer: number; readonly neuron: number } | undefined;
  /** What has been computed already. */
  readonly experiments?: Experiments | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each part. */
  readonly onPart?: ((done: number) => void) | undefined;
}

/** Parts that `onPart` counts. */
export const PARTS = 7;

export async function collectPage(
  { model, name, family, textOf }: Collected,
  ids: readonly number[],
  options: CollectOptions = {},
): Promise<PageData> {
  const {
    isQuick = false,
    start = {},
    top = 5,
    why = {},
    neuron,
    experiments = {},
    signal,
    onPart,
  } = options;
  let done = 0;
  const nextPart = () => onPart?.(done++);
  const { config } = model;
  const heads = attentionsOf(config).map(({ nHead }) => nHead);
  const notices: string[] = [];
  const attention = heads.length === 0 ? undefined : new AttentionMaps(model, ids, cellsFor(heads));
  nextPart();
  const pass = await watch(model, ids, { keep: flowNames(model), attention, signal });
  const flow = flowOf(model, ids, pass);
  const maps = attention?.view();
  nextPart();
  const looked = await lens(model, ids, { top, pass, signal });
  if (maps !== undefined && maps.pool > 1) {
    const size = `${maps.pool} × ${maps.pool}`;
    notices.push(
      `The text has ${ids.length} tokens: a cell of the maps of attention stands for ${size} pairs.`,
    );
  }
  if (looked.positions.length < ids.length) {
    notices.push(`The view of the layers has the last ${looked.positions.length} tokens of ${ids.length}.`);
  }
  nextPart();
  const found = await unlessRefused(notices, () => {
    const size = ids.length ** 2 * heads.reduce((sum, count) => sum + count, 0);
    if (size > MOST_ATTRIBUTED) throw new GptError("usage", "attribution: the text is too long for it");
    return attribution(model, ids, { token: why.token, against: why.against, signal });
  });
  const copies =
    found === undefined || maps === undefined || isQuick || ids.length > MOST_COPIED
      ? undefined
      : await copying(model, ids, signal);
  nextPart();
  const inputs =
    found === undefined || isQuick
      ? undefined
      : await unlessRefused(notices, () => inputMethods(model, ids, found.token, why, signal));
  nextPart();
  const places = [...(neuron ? [neuron] : []), ...(found?.topNeurons ?? [])];
  const neurons = await unlessRefused(notices, () => neuronsOf(model, ids, places));
  nextPart();
  const ablated =
    experiments.ablation ??
    (isQuick ? undefined : await unlessRefused(notices, () => ablationOf(model, ids, signal)));
  nextPart();
  const data = {
    model: {
      name,
      family,
      layers: config.layers.length,
      heads: Math.max(1, ...heads),
      width: config.nEmbd,
      vocabulary: config.vocabSize,
    },
    start,
    ids,
    notices,
    flow,
    surprisal: await surprisal(model, ids, { top, pass, signal }),
    lens: looked,
    attention: maps && { maps, rollout: rollout(maps), copying: copies },
    why: found && whyOf(found, inputs ?? []),
    embeddings: await unlessRefused(notices, () => embeddingsOf(model, ids, isQuick)),
    neurons: neurons ?? [],
    ...experiments,
    ablation: ablated,
  };
  return { ...data, texts: textsOf(data, textOf) };
}

/** A view that a model cannot have is left out, with a notice. */
async function unlessRefused<T>(notices: string[], view: () => Promise<T>): Promise<T | undefined> {
  try {
    return await view();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    notices.push(`Not shown: ${error.message}`);
    return undefined;
  }
}

/** Rows of a map, so that all maps are of a size that a page holds. */
function cellsFor(heads: readonly number[]): number {
  const all = heads.reduce((sum, count) => sum + count, 0);
  return Math.max(16, Math.min(MOST_CELLS, Math.floor(Math.sqrt(MOST_WEIGHTS / all))));
}

/** The loss without each part, for a text and a model whose runs take seconds. */
async function ablationOf(model: Model, ids: readonly number[], signal?: AbortSignal) {
  const runs = headCounts(model).reduce((sum, heads) => sum + heads + 2, 0);
  const weights = model.weights.reduce((sum, { bytes }) => sum + bytes, 0);
  if (ids.length < 2) return undefined;
  if (runs * ids.length * weights > MOST_ABLATED) {
    throw new GptError("usage", `ablation takes ${runs} runs of the text: gpt look ablate -o computes it`);
  }
  return await ablation(model, ids, { signal });
}

function textsOf(data: Omit<PageData, "texts">, textOf: (id: number) => string): Record<number, string> {
  const { ids, surprisal, lens, flow, why, embeddings, neurons, patching, steering, compared } = data;
  const lists = [
    ids,
    why === undefined ? [] : [why.token, why.against],
    embeddings?.ids ?? [],
    patching === undefined ? [] : [...patching.corrupted, patching.token, patching.against],
    steering?.effect.ids ?? [],
    compared?.surprisal.topIds.values ?? [],
    ...neurons.flatMap(({ raises, lowers }) => [raises.ids.values, lowers.ids.values]),
    surprisal.topIds.values,
    lens.topIds.values,
    new Distribution(flow.logits.values).top(NAMED),
  ];
  const texts: Record<number, string> = {};
  for (const list of lists) for (const id of list) texts[id] ??= textOf(id);
  return texts;
}
