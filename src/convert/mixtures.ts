/**
 * Types of files by the names of llama.cpp: which matrix gets which type (llama-quant.cpp). Matrices that
 * matter more keep more bits: the values of the attention, the second matrix of the MLP, and the head.
 */
import type { EncodedType } from "../checkpoint/encodings.ts";
import { typeForRows } from "../checkpoint/gguf/ggml-types.ts";
import { show } from "../checks/rules.ts";
import { GptError } from "../errors.ts";

/** What the rules of a mixture ask of a model. */
export interface MixedModel {
  readonly layers: number;
  /** Query heads for each head of keys and values. */
  readonly queriesPerKey: number;
  /** Experts of a layer; 0 without. */
  readonly experts: number;
  /** Matrices of values: one in each layer that has attention. */
  readonly values: number;
  /** Whether the head is the token embedding. */
  readonly isTied: boolean;
  readonly hasImportance: boolean;
}

/** The type of matrix number `i` of its kind, or undefined for that of the file. */
type Rule = (model: MixedModel, i: number) => EncodedType | undefined;

interface Mixture {
  /** Of matrices without a rule. */
  readonly type: EncodedType;
  /** `general.file_type` (enum llama_ftype). */
  readonly id: number;
  /** Values of the attention, stacked with queries and keys or not. The number counts these matrices. */
  readonly values?: Rule;
  /** The second matrix of the MLP. The number is that of the layer. */
  readonly down?: Rule;
  /** The output of the attention. */
  readonly output?: Rule;
  /** Matrices of experts. */
  readonly experts?: EncodedType;
  /** Of the head, and of an embedding that is also the head, in place of Q6_K. */
  readonly head?: EncodedType;
  /** Whether it is too coarse without the importance of inputs. */
  readonly needsImportance?: true;
}

const FEW_EXPERTS = 8;

const moreBits = (i: number, count: number): boolean => {
  const eighth = Math.floor(count / 8);
  return i < eighth || i >= Math.floor((7 * count) / 8) || (i - eighth) % 3 === 2;
};
const isFirstEighth = ({ layers }: MixedModel, i: number) => i < Math.floor(layers / 8);
const firstEighth =
  (type: EncodedType): Rule =>
  (model, i) =>
    isFirstEighth(model, i) ? type : undefined;
const always =
  (type: EncodedType): Rule =>
  () =>
    type;
/** Values that many queries share take little room. */
const shared =
  (type: EncodedType): Rule =>
  ({ queriesPerKey }) =>
    queriesPerKey >= 4 ? type : undefined;
/** The output of the attention is small beside eight experts. */
const outputOr =
  (type?: EncodedType): Rule =>
  ({ experts }) =>
    experts === FEW_EXPERTS ? "Q5_K" : type;
const coarseStart =
  (type: EncodedType): Rule =>
  (model, i) =>
    model.hasImportance && isFirstEighth(model, i) ? type : undefined;

const nonlinear = {
  values: shared("Q5_K"),
  down: (model, i) => (isFirstEighth(model, i) && !model.hasImportance ? "Q5_K" : undefined),
  output: outputOr(),
} as const satisfies Partial<Mixture>;

const moreOften = {
  values: ({ values }, i) => (moreBits(i, values) ? "Q6_K" : undefined),
  down: ({ layers }, i) => (moreBits(i, layers) ? "Q6_K" : undefined),
} as const satisfies Partial<Mixture>;

/** The types of files by the names of llama.cpp. */
export type MixtureName =
  | "f32"
  | "f16"
  | "bf16"
  | "q8_0"
  | "q6_k"
  | "q5_k_m"
  | "q5_k_s"
  | "q5_1"
  | "q5_0"
  | "q4_k_m"
  | "q4_k_s"
  | "q4_1"
  | "q4_0"
  | "iq4_nl"
  | "iq4_xs"
  | "mxfp4"
  | "mxfp4_moe"
  | "q3_k_l"
  | "q3_k_m"
  | "q3_k_s"
  | "q2_k"
  | "q2_k_s";

export const MIXTURES: Readonly<Record<MixtureName, Mixture>> = {
  q8_0: { type: "Q8_0", id: 7, head: "Q8_0" },
  q6_k: { type: "Q6_K", id: 18 },
  q5_k_m: { type: "Q5_K", id: 17, ...moreOften },
  q5_k_s: { type: "Q5_K", id: 16 },
  q5_1: { type: "Q5_1", id: 9 },
  q5_0: { type: "Q5_0", id: 8, down: coarseStart("Q5_1") },
  q4_k_m: { type: "Q4_K", id: 15, ...moreOften, output: outputOr() },
  q4_k_s: {
    type: "Q4_K",
    id: 14,
    values: (_, i) => (i < 4 ? "Q5_K" : undefined),
    down: firstEighth("Q5_K"),
    output: outputOr(),
  },
  iq4_nl: { type: "IQ4_NL", id: 25, ...nonlinear },
  iq4_xs: { type: "IQ4_XS", id: 30, ...nonlinear },
  q4_1: { type: "Q4_1", id: 3 },
  q4_0: { type: "Q4_0", id: 2, down: coarseStart("Q4_1") },
  mxfp4: { type: "MXFP4", id: 38, head: "Q8_0" },
  mxfp4_moe: { type: "Q8_0", id: 38, experts: "MXFP4", head: "Q8_0" },
  q3_k_l: { type: "Q3_K", id: 13, values: always("Q5_K"), down: always("Q5_K"), output: largeOutput },
  q3_k_m: {
    type: "Q3_K",
    id: 12,
    values: (_, i) => (i < 2 ? "Q5_K" : "Q4_K"),
    down: ({ layers }, i) => (i < Math.floor(layers / 16) ? "Q5_K" : "Q4_K"),
    output: outputOr("Q4_K"),
  },
  q3_k_s: { type: "Q3_K", id: 11, output: outputOr() },
  q2_k: {
    type: "Q2_K",
    id: 10,
    values: ({ queriesPerKey }) => (queriesPerKey >= 4 ? "Q4_K" : "Q3_K"),
    down: always("Q3_K"),
    output: outputOr("Q3_K"),
  },
  q2_k_s: { type: "Q2_K", id: 21, values: shared("Q4_K"), down: firstEighth("Q4_K"), needsImportance: true },
  f16: { type: "F16", id: 1 },
  bf16: { type: "BF16", id: 32 },
  f32: { type: "F32", id: 0 },
};

/** Short names. */
const ALIASES = { q5_k: "q5_k_m", q4_k: "q4_k_m", q3_k: "q3_k_m" } as const satisfies Record<
  string,
  MixtureName
>;

/** A type of files by the name of llama.cpp. */
export type FileType = MixtureName | "q5_k" | "q4_k" | "q3_k";

export const FILE_TYPES = [...Object.keys(MIXTURES), ...Object.keys(ALIASES)] as readonly FileType[];

/** @throws GptError `usage` for an unknown name. Letters may be small or capital */
export function mixtureNamed(name: FileType): MixtureName {
  const small = typeof name === "string" ? name.toLowerCase() : name;
  const full = Object.hasOwn(ALIASES, small) ? ALIASES[small as keyof typeof ALIASES] : small;
  if (Object.hasOwn(MIXTURES, full)) return full as MixtureName;
  throw new GptError("usage", `type ${show(name)}: expected one of ${FILE_TYPES.join(", ")}`);
}

function largeOutput({ experts }: MixedModel): EncodedType | undefined {
  return experts === FEW_EXPERTS ? undefined : "Q5_K";
}

/** A tensor of a GGUF file that is to be written. */
export interface MixedTensor {
  readonly name: string;
  readonly layer: number | undefined;
  readonly inputs: number;
  readonly isExpert: boolean;
}

const VALUES = /attn_(v|qkv|kv_b)\.weight$/;

/**
 * Whether llama.cpp counts the tensor among the values of the attention. It goes by names, and so do its
 * rules.
 */
export const holdsValues = (name: string): boolean => VALUES.test(name);

/** @param valuesBefore matrices of values in earlier layers */
export function mixedType(
  mixture: MixtureName,
  model: MixedModel,
  { name, layer = 0, inputs, isExpert }: MixedTensor,
  valuesBefore: number,
): EncodedType {
  const { type, values, down, output, experts, head } = MIXTURES[mixture];
  if (FLOATS.has(type)) return type;
  if (name === "output.weight" || (model.isTied && name === "token_embd.weight")) {
    return head ?? (isWhole(type, inputs) ? "Q6_K" : "Q8_0");
  }
  if (experts !== undefined) return isExpert ? experts : type;
  if (holdsValues(name)) {
    if (model.experts === FEW_EXPERTS) return "Q8_0";
    const own = values?.(model, valuesBefore) ?? type;
    return isLarge(model) && (own === "Q3_K" || own === "Q4_K") ? "Q5_K" : own;
  }
  if (name.endsWith("attn_k.weight") && model.experts === FEW_EXPERTS) return "Q8_0";
  if (name.includes("ffn_down")) return down?.(model, layer) ?? type;
  if (name.endsWith("attn_output.weight")) return output?.(model, 0) ?? type;
  return type;
}

const FLOATS: ReadonlySet<EncodedType> = new Set(["F32", "F16", "BF16"]);

const isWhole = (type: EncodedType, inputs: number): boolean => typeForRows(type, inputs) === type;

/** Models of 70B have 80 layers, whose values are an eighth of the queries. */
const isLarge = ({ layers, queriesPerKey }: MixedModel): boolean => layers === 80 && queriesPerKey > 1;
