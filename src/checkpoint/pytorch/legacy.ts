/**
 * Files of `torch.save` before PyTorch 1.6: five pickles - a magic number, a version, facts about the system,
 * the state dict, and the keys of the storages -, then for each key the number of elements in 64 bits and the
 * elements.
 */
import type { InputFile } from "../../files/file.ts";
import { quote } from "../../files/quote.ts";
import type { StoredTensor } from "../checkpoint.ts";
import { readPickle } from "./pickle.ts";
import { elementBytes, fail, type Place, type Storage, stateHost, tensorsOf } from "./state-dict.ts";

/** All pickles of a file come first. Those of a few hundred tensors take less than the smaller one. */
const FEW_BYTES = 2 ** 20;
const MAX_BYTES = 2 ** 26;

const VERSION = 1001;
const COUNT_BYTES = 8;

/** @throws GptError `invalid-file` that says what is wrong */
export async function readLegacyPytorch(file: InputFile): Promise<Map<string, StoredTensor>> {
  const bytes = Buffer.alloc(Math.min(file.size, MAX_BYTES));
  const few = bytes.subarray(0, FEW_BYTES);
  await file.read(0, few, "its pickles");
  let read: ReturnType<typeof readPickles>;
  try {
    read = readPickles(file.path, few);
  } catch (error) {
    if (few.length === bytes.length) throw error;
    await file.read(0, bytes, "its pickles");
    read = readPickles(file.path, bytes);
  }
  const places = await storagePlaces(file, read);
  return tensorsOf(file.path, read.state, (key) => places.get(key));
}

interface LegacyPickles {
  readonly state: unknown;
  readonly storages: ReadonlyMap<string, Storage>;
  readonly keys: readonly unknown[];
  /** Where the pickles end. */
  readonly end: number;
}

function readPickles(path: string, bytes: Buffer): LegacyPickles {
  const storages = new Map<string, Storage>();
  const host = stateHost(path, storages);
  let end = 0;
  const next = (): unknown => {
    const [value, length] = readPickle(path, bytes.subarray(end), host);
    end += length;
    return value;
  };
  next(); // the magic number, which only PyTorch writes: the version says as much
  const version = next();
  if (version !== VERSION) throw fail(path, `its version is ${quote(version)}, expected ${VERSION}`);
  const system = next();
  if (system instanceof Map && system.get("little_endian") === false) {
    throw fail(path, "was written by a big-endian machine: save the model as safetensors");
  }
  const state = next();
  const keys = next();
  if (!Array.isArray(keys)) throw fail(path, "does not list its storages");
  return { state, storages, keys, end };
}

async function storagePlaces(
  file: InputFile,
  { storages, keys, end }: LegacyPickles,
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  let at = end;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) throw fail(file.path, `lists the storage ${quote(key)}, which no tensor has`);
    const count = Buffer.alloc(COUNT_BYTES);
    await file.read(at, count, `the storage ${quote(key)}`);
    if (count.readBigInt64LE() !== BigInt(storage.elements)) {
      throw fail(file.path, `the storage ${quote(key)} has another length than its tensors say`);
    }
    const size = storage.elements * elementBytes(storage);
    const offset = at + COUNT_BYTES;
    if (offset + size > file.size)
      throw fail(file.path, `ends within the storage ${quote(key)}: fetch it again`);
    places.set(storage.key, { offset, size });
    at = offset + size;
  }
  return places;
}
