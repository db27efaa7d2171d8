/** State dicts of PyTorch: what their pickles call, and the places of their tensors. */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import type { StoredTensor } from "../checkpoint.ts";
import { elementCount } from "../layout.ts";
import { PickledGlobal, type PickleHost } from "./pickle-machine.ts";

const MAX_DIMENSIONS = 8;

/** Types of elements by the storages that hold them, and their bytes. Names as in safetensors. */
const STORAGES: Readonly<Record<string, readonly [dtype: string, bytes: number]>> = {
  "torch.FloatStorage": ["F32", 4],
  "torch.HalfStorage": ["F16", 2],
  "torch.BFloat16Storage": ["BF16", 2],
  "torch.DoubleStorage": ["F64", 8],
  "torch.LongStorage": ["I64", 8],
  "torch.IntStorage": ["I32", 4],
  "torch.ShortStorage": ["I16", 2],
  "torch.CharStorage": ["I8", 1],
  "torch.ByteStorage": ["U8", 1],
  "torch.BoolStorage": ["BOOL", 1],
};

/** Elements of one type, one after the other. */
export class Storage {
  readonly key: string;
  readonly type: string;
  readonly elements: number;

  constructor(key: string, type: string, elements: number) {
    this.key = key;
    this.type = type;
    this.elements = elements;
  }
}

/** A view of a storage. */
class PickledTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Bytes in a file. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

/**
 * The tensors of a state dict by name.
 *
 * @param placeOf the bytes of a storage by its key; undefined for a missing storage
 * @throws GptError `invalid-file` for anything but a state dict, and for a tensor outside its storage
 */
export function tensorsOf(
  path: string,
  state: unknown,
  placeOf: (key: string) => Place | undefined,
): Map<string, StoredTensor> {
  if (!(state instanceof Map)) throw fail(path, "holds no state dict: save the model with save_pretrained");
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of state) {
    if (typeof name !== "string" || !(value instanceof PickledTensor)) continue;
    tensors.set(name, storedTensor(path, name, value, placeOf(value.storage.key)));
  }
  if (tensors.size === 0) throw fail(path, "holds no tensors by name: save the model with save_pretrained");
  return tensors;
}

/** Bytes of an element of a storage. */
export const elementBytes = ({ type }: Storage): number => STORAGES[type]?.[1] ?? 0;

/** The calls of the pickle of a state dict. @param storages receives the storages that it names, by key */
export const stateHost = (path: string, storages: Map<string, Storage> = new Map()): PickleHost => ({
  calls: {
    "collections.OrderedDict": (args) => {
      if (args.length > 0) throw fail(path, "its state dict is built in an unknown way");
      return new Map();
    },
    "torch._utils._rebuild_parameter": ([tensor]) => tensor,
    "torch._utils._rebuild_tensor_v2": (args) => tensorOf(path, args),
  },
  isName: (name) => Object.hasOwn(STORAGES, name),
  persistent: (id) => {
    const storage = storageOf(path, id);
    storages.set(storage.key, storage);
    return storage;
  },
});

/**
 * `("storage", type, key, location, elements)`, before 1.6 with a view of another storage, which is null in a
 * state dict
 */
function storageOf(path: string, id: unknown): Storage {
  const [kind, type, key, , elements, view] = Array.isArray(id) ? id : [];
  const isStorage = kind === "storage" && type instanceof PickledGlobal && typeof key === "string";
  if (!isStorage || !isSize(elements) || (view ?? null) !== null)
    throw fail(path, "its pickle names a storage in an unknown way");
  return new Storage(key, type.name, elements);
}

/** `(storage, offset, shape, strides, requires_grad, hooks)` */
function tensorOf(path: string, [storage, offset, shape, strides]: readonly unknown[]): PickledTensor {
  const sizes = isSizes(shape) && isSizes(strides) && shape.length === strides.length;
  if (!(storage instanceof Storage) || !isSize(offset) || !sizes) {
    throw fail(path, "its pickle builds a tensor in an unknown way");
  }
  return new PickledTensor(storage, offset, shape, strides);
}

/** @param entry the bytes of its storage */
function storedTensor(
  path: string,
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  entry: Place | undefined,
): StoredTensor {
  const wrong = (problem: string) => fail(path, `tensor ${quote(name)} ${problem}`);
  const [dtype, bytes] = STORAGES[storage.type] ?? ["", 0];
  const elements = elementCount(shape);
  if (elements === undefined) throw wrong(`has shape ${quote(shape)}, which is too large`);
  if (entry === undefined) throw wrong("has no bytes in the file: fetch it again");
  if (!isContiguous(shape, strides)) {
    throw wrong("is not stored row by row: save the model as safetensors (save_pretrained)");
  }
  const room = Math.min(storage.elements, Math.floor(entry.size / bytes));
  if (offset + elements > room) {
    throw wrong(`ends at element ${offset + elements}, but its storage has ${room}: fetch the file again`);
  }
  const place = entry.offset + offset * bytes;
  return { name, dtype, shape, file: path, offset: place, byteLength: elements * bytes };
}

/**
 * Whether the elements follow each other, the last axis first. The stride of an axis of one element is of no
 * account.
 */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0;
    if (size > 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= MAX_DIMENSIONS && value.every(isSize);

export const fail = (path: string, problem: string): GptError =>
  new GptError("invalid-file", `${path}: ${problem}`);
