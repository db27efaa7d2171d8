/**
 * The tensors of a file that `torch.save` wrote (PyTorch 1.6 and later): a zip archive with the pickle
 * `NAME/data.pkl` of a state dict, and the bytes of each storage, as they are, in `NAME/data/KEY`. So tensors
 * are read from the file in place.
 */
import { GptError } from "../../errors.ts";
import { type InputFile, withFile } from "../../files/file.ts";
import { quote } from "../../files/quote.ts";
import type { StoredTensor } from "../checkpoint.ts";
import { elementCount } from "../layout.ts";
import { readPickle } from "./pickle.ts";
import { PickledGlobal, type PickleHost } from "./pickle-machine.ts";
import { readZip, type ZipEntry } from "./zip.ts";

/** A hundred thousand tensors take 20 MB. */
const MAX_PICKLE_BYTES = 2 ** 26;
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
class Storage {
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

/**
 * Lists the tensors of a file by name. Nothing of the file is run: its pickle is read by a table of the few
 * calls that build tensors.
 *
 * @throws GptError `not-found`, or `invalid-file` that says what is wrong
 */
export async function readPytorch(path: string): Promise<Map<string, StoredTensor>> {
  return withFile(path, async (file) => {
    const head = Buffer.alloc(Math.min(file.size, 4));
    await file.read(0, head, "its first bytes");
    if (head.toString("latin1") !== "PK\u0003\u0004") throw await rejection(file, head);
    const entries = await readZip(file);
    const pickle = [...entries.values()].find(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
    if (pickle === undefined)
      throw fail(path, "is a zip archive without data.pkl, so torch.save did not write it");
    const folder = pickle.name.slice(0, -"data.pkl".length);
    await checkByteOrder(file, entries.get(`${folder}byteorder`));
    const state = readPickle(path, await readEntry(file, pickle, MAX_PICKLE_BYTES), host(path));
    if (!(state instanceof Map)) throw fail(path, "holds no state dict: save the model with save_pretrained");
    const tensors = new Map<string, StoredTensor>();
    for (const [name, value] of state) {
      if (typeof name !== "string" || !(value instanceof PickledTensor)) continue;
      const entry = entries.get(`${folder}data/${value.storage.key}`);
      tensors.set(name, storedTensor(path, name, value, entry));
    }
    if (tensors.size === 0) throw fail(path, "holds no tensors by name: save the model with save_pretrained");
    return tensors;
  });
}

/** Older files are a pickle without an archive. */
async function rejection(file: InputFile, head: Buffer): Promise<GptError> {
  if (head[0] !== 0x80) return await file.rejection("is no file of PyTorch: it is damaged, fetch it again");
  const problem = "is of PyTorch before 1.6, whose files are not read";
  return fail(file.path, `${problem}: save the model as safetensors (save_pretrained)`);
}

async function readEntry(file: InputFile, { name, offset, size }: ZipEntry, most: number): Promise<Buffer> {
  if (size > most) throw fail(file.path, `${quote(name)} has ${size} bytes, expected at most ${most}`);
  const bytes = Buffer.alloc(size);
  await file.read(offset, bytes, quote(name));
  return bytes;
}

async function checkByteOrder(file: InputFile, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = (await readEntry(file, entry, 16)).toString("latin1");
  if (order !== "little") throw fail(file.path, `its byte order is ${quote(order)}, expected "little"`);
}

/** What the pickle of a state dict calls. */
const host = (path: string): PickleHost => ({
  calls: {
    "collections.OrderedDict": (args) => {
      if (args.length > 0) throw fail(path, "its state dict is built in an unknown way");
      return new Map();
    },
    "torch._utils._rebuild_parameter": ([tensor]) => tensor,
    "torch._utils._rebuild_tensor_v2": (args) => tensorOf(path, args),
  },
  isName: (name) => Object.hasOwn(STORAGES, name),
  persistent: (id) => storageOf(path, id),
});

/** `("storage", type, key, location, elements)` */
function storageOf(path: string, id: unknown): Storage {
  const [kind, type, key, , elements] = Array.isArray(id) ? id : [];
  const isStorage = kind === "storage" && type instanceof PickledGlobal && typeof key === "string";
  if (!isStorage || !isSize(elements)) throw fail(path, "its pickle names a storage in an unknown way");
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

/** @param entry the file in the archive that holds the tensor's storage */
function storedTensor(
  path: string,
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  entry: ZipEntry | undefined,
): StoredTensor {
  const wrong = (problem: string) => fail(path, `tensor ${quote(name)} ${problem}`);
  const [dtype, bytes] = STORAGES[storage.type] ?? ["", 0];
  const elements = elementCount(shape);
  if (elements === undefined) throw wrong(`has shape ${quote(shape)}, which is too large`);
  if (entry === undefined) throw wrong("has no bytes in the archive: fetch the file again");
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

const fail = (path: string, problem: string): GptError => new GptError("invalid-file", `${path}: ${problem}`);
