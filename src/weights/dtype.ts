/** The type of each weight in a quantized file, and in memory. */
import type { EncodedType } from "../checkpoint/encodings.ts";
import { typeForRows } from "../checkpoint/gguf/ggml-types.ts";
import { show } from "../checks/rules.ts";
import { NORMAL_BLOCK, PANEL } from "../compute/kernels/table.ts";
import { HOLDS_ALL, isQuantized } from "../compute/packing/quantized-layouts.ts";
import { isWidened, layoutOf, type StoredDtype } from "../compute/packing/stored-types.ts";
import type { WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { ROUTER, type WeightSpec } from "../model/weight-spec.ts";
import type { ResolvedWeight, StoredWeight } from "./resolve.ts";

/** Types that weights of any stored type can be loaded as, by the names of llama.cpp. */
export const QUANTIZATIONS = { q8_0: "Q8_0", q4_0: "Q4_0", nf4: "NF4", f32: "F32" } as const;
export type Quantization = keyof typeof QUANTIZATIONS;

/**
 * The type of a weight in a file, as in llama.cpp: vectors, matrices with one row, convolutions, position
 * tables and routers stay F32, and rows that are no whole number of blocks take a type of smaller blocks.
 */
export function encodedType({ part, kind, shape, module }: WeightSpec, type: EncodedType): EncodedType {
  const [outputs, inputs] = shape;
  const isSmall = inputs === undefined || outputs === 1 || kind === "convolution";
  if (isSmall || part === "positionEmbedding" || module === ROUTER) return "F32";
  return typeForRows(type, inputs);
}

/**
 * The types of weights in memory.
 *
 * @param quantization undefined: the stored type if memory has a layout for it. Otherwise as in a file of
 *   that type
 */
export const memoryDtype =
  (quantization?: Quantization) =>
  ({ spec, parts }: ResolvedWeight): WeightDtype => {
    if (spec.shape.length === 1 || spec.kind === "convolution") return "f32";
    const isNormal = quantization === "nf4" || (quantization === undefined && parts.every(isStoredNormal));
    if (isNormal && isNormalShape(spec) && isWholePanels(parts)) return "nf4";
    const isStored = quantization === undefined || quantization === "nf4";
    const form = isStored ? storedForm(parts) : quantizedForm(spec, quantization);
    if (!isQuantized(form) && form !== "mixed") return form;
    if (spec.part === "positionEmbedding" || !isWholePanels(parts)) return "f32";
    // The matrices of all experts have one type.
    return form === "mixed" && spec.expert !== undefined ? HOLDS_ALL : form;
  };

/**
 * The type of a weight in memory, by the name of llama.cpp: its stored types if it keeps them exactly, or its
 * new type.
 */
export function memoryType({ parts }: StoredWeight, dtype: WeightDtype): string {
  if (!isQuantized(dtype) && dtype !== "mixed") return dtype.toUpperCase();
  if (storedForm(parts) === dtype || dtype === HOLDS_ALL)
    return [...new Set(parts.map(({ stored }) => keptAs(stored.dtype)))].join("+");
  return dtype.toUpperCase();
}

/** Types without a layout of their own are kept exactly, in more bits than the file has. */
const keptAs = (dtype: string): string => (isWidened(dtype) ? `${dtype} in 8 bits` : dtype);

/** Rows that are no whole number of blocks are F16 in files, and exact in memory. */
function quantizedForm(spec: WeightSpec, quantization: Exclude<Quantization, "nf4">): WeightDtype {
  const type = encodedType(spec, QUANTIZATIONS[quantization]);
  return type === "F16" ? "f32" : layoutOf(type);
}

const storedForm = (parts: StoredWeight["parts"]): WeightDtype =>
  layoutOf(...(parts.map(({ stored }) => stored.dtype) as [StoredDtype, ...StoredDtype[]]));

/** Blocks of 64 inputs, as QLoRA has them in linear layers: tables, heads and routers stay as they are. */
const isNormalShape = ({ kind, part, module, expert, shape: [, inputs = 1] }: WeightSpec): boolean =>
  kind === "linear" &&
  part !== "head" &&
  module !== ROUTER &&
  expert === undefined &&
  inputs % NORMAL_BLOCK === 0;

/** Whether memory keeps codes of bitsandbytes exactly. */
function isStoredNormal({ stored: { coded, shape } }: StoredWeight["parts"][number]): boolean {
  if (coded === undefined || coded.block !== NORMAL_BLOCK || (shape.at(-1) ?? 0) % NORMAL_BLOCK !== 0)
    return false;
  return coded.type === "nf4";
}

/** @throws GptError `usage` for an unknown type */
export function chooseDtypes(wish: Quantization | undefined): ReturnType<typeof memoryDtype> {
  if (wish === undefined || Object.hasOwn(QUANTIZATIONS, wish)) return memoryDtype(wish);
  const names = Object.keys(QUANTIZATIONS).join(", ");
  throw new GptError("usage", `quantization ${show(wish)}: expected one of ${names}`);
}

/** Every part of a quantized matrix begins with a panel. */
const isWholePanels = (parts: StoredWeight["parts"]): boolean =>
  parts.slice(0, -1).every(({ outputs }) => outputs % PANEL === 0);
