/** Decoders in every form of the block that the page computes, with random weights. */
import type { Matrix } from "../../src/compute/tensor.ts";
import type { BranchConfig, DecoderConfig, LayerConfig } from "../../src/model/config.ts";
import { attentionOf } from "../../src/model/mixers.ts";
import type { NormConfig } from "../../src/model/norm-config.ts";
import { weightTable } from "../../src/model/weights.ts";
import type { Laboratory } from "../compute/laboratory.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { decoderOf } from "../fixtures/uniform.ts";
import type { Weights } from "../reference/decoder.ts";
import { TestRandom } from "../reference/random.ts";

/** Random weights of a decoder, by canonical name. */
export function drawWeights(config: DecoderConfig): Weights {
  const random = new TestRandom(7);
  const matrices = new Map<string, number[][]>();
  const vectors = new Map<string, number[]>();
  for (const { name, kind, shape } of weightTable(config)) {
    const [outputs, inputs] = shape;
    if (inputs !== undefined)
      matrices.set(
        name,
        random.matrix(outputs, inputs).map((row) => row.map((v) => v / 6)),
      );
    else
      vectors.set(
        name,
        random.vector(outputs).map((v) => (kind === "norm" ? 1 + v / 5 : v / 5)),
      );
  }
  return { matrices, vectors };
}

/** The same in memory. */
export async function packWeights(
  lab: Laboratory,
  { matrices, vectors }: Weights,
): Promise<Map<string, Matrix>> {
  const packed = new Map<string, Matrix>();
  for (const [name, values] of matrices) packed.set(name, await lab.matrix(values));
  for (const [name, values] of vectors) packed.set(name, await lab.matrix(values.map((value) => [value])));
  return packed;
}

/** A decoder whose layers are changed, each by a function of its own. */
const changed = (
  config: DecoderConfig,
  ...changes: readonly ((layer: LayerConfig) => Partial<LayerConfig>)[]
): DecoderConfig => ({
  ...config,
  layers: config.layers.map((layer, i) => ({ ...layer, ...changes[i % changes.length]?.(layer) })),
});

const branches = (branch: BranchConfig) => () => ({ attentionBranch: branch, mlpBranch: branch });

const rms: NormConfig = { kind: "rmsnorm", epsilon: 1e-5, bias: false };
const unbiased: NormConfig = { kind: "layernorm", epsilon: 1e-5, bias: false };
const [base, serial] = [decoderOf(llama), decoderOf(gpt2)];

/** Forms of the block, each with the name of a family that has it. */
export const blockForms: readonly [string, DecoderConfig][] = [
  [
    "narrower token embeddings between two projections (OPT 350M)",
    {
      ...serial,
      embedding: { ...serial.embedding, width: serial.nEmbd - 4 },
      head: { kind: "tokens", tied: true, bias: false, scale: 1, transform: { bias: false } },
    },
  ],
  ["norms after the sublayers (OLMo 2)", changed(base, branches({ after: rms, scale: 1 }))],
  ["norms before and after them (Gemma 2)", changed(base, branches({ before: rms, after: rms, scale: 1 }))],
  ["norms before them and of the sums", changed(base, branches({ before: rms, sum: rms, scale: 1 }))],
  ["no norms at all", changed(base, branches({ scale: 1 }))],
  ["attention and MLP of the same x (GPT-NeoX)", changed(serial, () => ({ parallel: true }))],
  ["both of one norm (GPT-J)", changed(serial, () => ({ parallel: true, sharedNorm: true }))],
  [
    "a norm of all query heads together (OLMo 2)",
    changed(base, (layer) => ({ mixer: { ...attentionOf(layer), qkNorm: { kind: "row", norm: rms } } })),
  ],
  ...(["head", "heads"] as const).map((kind): [string, DecoderConfig] => [
    `layer norms without biases, of each head with ${kind === "head" ? "the same weights" : "its own"} (Cohere)`,
    changed(base, (layer) => ({
      ...branches({ before: unbiased, scale: 1 })(),
      mixer: { ...attentionOf(layer), qkNorm: { kind, norm: unbiased } },
    })),
  ]),
  [
    "a norm of each head without weights after the rotation (Llama 4)",
    changed(base, (layer) => ({
      mixer: {
        ...attentionOf(layer),
        qkNorm: { kind: "head", norm: { ...rms, unweighted: true }, afterRotation: true },
      },
    })),
  ],
  [
    "the first dimensions of a head turn (GPT-NeoX)",
    changed(base, (layer) => ({
      mixer: {
        ...attentionOf(layer),
        position: { kind: "rotary", theta: 500, dims: 6, scaling: { kind: "none" } },
      },
    })),
  ],
  [
    "factors of embeddings, branches and logits, and a bound of the logits (Granite, Gemma 2)",
    {
      ...changed(base, branches({ before: rms, scale: 0.3 })),
      embedding: { ...base.embedding, scale: 3 },
      head: { kind: "tokens", tied: false, bias: true, scale: 0.7, softCap: 2 },
    },
  ],
  ...(
    [
      "gelu_tanh",
      "gelu_erf",
      "relu",
      "relu_squared",
      "tanh",
      "quick_gelu",
      "relu6",
      "sigmoid",
      "clamped_swiglu",
    ] as const
  ).map((activation): [string, DecoderConfig] => [
    `a gated MLP with ${activation}`,
    changed(base, (layer) => ({ mlp: { ...layer.mlp, activation, gated: true } })),
  ]),
  [
    "an MLP with the square of ReLU (Nemotron)",
    changed(base, (layer) => ({ mlp: { ...layer.mlp, activation: "relu_squared", gated: false } })),
  ],
  [
    "a factor of the scores (Gemma 2, Granite)",
    changed(base, (layer) => ({ mixer: { ...attentionOf(layer), scale: 0.5 } })),
  ],
  ...(
    [
      ["a window of some positions (Mistral)", { mask: { kind: "window", size: 6 } }],
      ["chunks of positions (Llama 4)", { mask: { kind: "chunk", size: 7 } }],
      ["capped scores (Gemma 2)", { softCap: 0.7 }],
      ["ALiBi (Bloom)", { scoreBias: { kind: "alibi", scale: 0.5 }, position: { kind: "none" } }],
      ["sinks (gpt-oss)", { sinks: true }],
      ["a factor of the queries (Llama 4)", { queryScale: { beta: 0.5, interval: 6, offset: 1 } }],
      ["values of another size than keys (DeepSeek)", { valueDim: 13 }],
    ] as const
  ).map(([name, differences]): [string, DecoderConfig] => [
    name,
    changed(base, (layer) => ({ mixer: { ...attentionOf(layer), ...differences } })),
  ]),
  [
    "keys and values of an earlier layer (Gemma 3n)",
    changed(
      { ...base, layers: [...base.layers, ...base.layers] },
      () => ({}),
      (layer) => ({ mixer: { ...attentionOf(layer), mask: { kind: "window", size: 7 } } }),
      (layer) => ({ mixer: { ...attentionOf(layer), keysFrom: 0, sinks: true } }),
      (layer) => ({ mixer: { ...attentionOf(layer), keysFrom: 1, mask: { kind: "window", size: 5 } } }),
    ),
  ],
  [
    "layers that differ in heads, rotation and feed-forward width",
    changed(
      base,
      () => ({}),
      (layer) => ({
        mixer: {
          ...attentionOf(layer),
          nHead: 4,
          nKvHead: 4,
          headDim: 14,
          valueDim: 14,
          scale: 1 / Math.sqrt(14),
          position: { kind: "none" },
        },
        mlp: { ...layer.mlp, nInner: 33, gated: false, activation: "gelu_tanh" },
      }),
    ),
  ],
];
