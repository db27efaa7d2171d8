/** The tensors of a GGUF file to write, and their types. */
import type { EncodedType } from "../checkpoint/encodings.ts";
import { GptError } from "../errors.ts";
import { ggufSources } from "../families/gguf-entries.ts";
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import type { WeightSpec } from "../model/weight-spec.ts";
import { encodedType } from "../weights/dtype.ts";
import { expectedWeights } from "../weights/resolve.ts";
import type { Target } from "./converter.ts";
import { type Importance, meanSquares } from "./importance/importance.ts";
import { holdsValues, MIXTURES, type MixedModel, type MixtureName, mixedType } from "./mixtures.ts";

export interface GgufTypes {
  /** For each weight of the model the tensors that hold it. */
  readonly targets: readonly { readonly parts: readonly Target[] }[];
  readonly fallbacks: readonly Fallback[];
}

/** A tensor whose rows are no whole number of blocks of the type that it should have. */
export interface Fallback {
  readonly tensor: string;
  readonly wanted: string;
  readonly type: string;
}

/**
 * @throws GptError `usage` for a mixture that needs importances; `invalid-file` for those of another model
 */
export function ggufTypes(
  config: DecoderConfig,
  mixture: MixtureName,
  importance: Importance | undefined,
): GgufTypes {
  const hasImportance = importance !== undefined;
  if (MIXTURES[mixture].needsImportance && !hasImportance) {
    const advice = "measure them on a text (--calibrate TEXT) or give a file (--imatrix FILE)";
    throw new GptError("usage", `type ${mixture} needs the importance of inputs: ${advice}`);
  }
  const expected = expectedWeights({ config, sources: ggufSources(config), prefix: "" });
  const layersOfValues = valueLayers(expected);
  const model = mixedModel(config, expected, layersOfValues.length, hasImportance);
  const fallbacks = new Map<string, Fallback>();
  const typeOf = (spec: WeightSpec, name: string): EncodedType => {
    const { layer, expert, shape } = spec;
    const [, inputs = 1] = shape;
    const before = layersOfValues.filter((other) => other < (layer ?? 0)).length;
    const tensor = { name, layer, inputs, isExpert: expert !== undefined };
    const wanted = mixedType(mixture, model, tensor, before);
    const type = encodedType(spec, wanted);
    if (type !== wanted && type !== "F32") fallbacks.set(name, { tensor: name, wanted, type });
    return type;
  };
  const targets = expected.map(({ spec, parts }) => ({
    parts: parts.map((part): Target => {
      const { index, count } = part.source.slice ?? { index: 0, count: 1 };
      const [, inputs = 1] = spec.shape;
      const own = importance && meanSquares(importance, part.name, inputs, index, count);
      return { ...part, dtype: typeOf(spec, part.name), importance: own };
    }),
  }));
  return { targets, fallbacks: [...fallbacks.values()] };
}

type Expected = ReturnType<typeof expectedWeights>;

/** The layers of all matrices of values. */
const valueLayers = (expected: Expected): number[] =>
  expected.flatMap(({ spec, parts }) =>
    parts.filter(({ name }) => holdsValues(name)).map(() => spec.layer ?? 0),
  );

function mixedModel(
  config: DecoderConfig,
  expected: Expected,
  values: number,
  hasImportance: boolean,
): MixedModel {
  const { layers } = config;
  const [attention] = attentionsOf(config);
  const mixture = layers.map(({ mlp }) => mlp).find(({ kind }) => kind === "experts");
  return {
    layers: layers.length,
    queriesPerKey: attention === undefined ? 1 : attention.nHead / attention.nKvHead,
    experts: mixture?.kind === "experts" ? mixture.count : 0,
    values,
    isTied: !expected.some(({ parts }) => parts.some(({ name }) => name === "output.weight")),
    hasImportance,
  };
}
