/**
 * Reads the metadata and the places of the tensors of GGUF files, versions 2 and 3 (github.com/ggml-org/ggml,
 * docs/gguf.md).
 */
import { GptError } from "../../errors.ts";
import { type InputFile, withFile } from "../../files/file.ts";
import { quote } from "../../files/quote.ts";
import { ByteSource } from "../byte-source.ts";
import type { GgufCheckpoint, GgufMetadata, GgufValue, StoredTensor } from "../checkpoint.ts";
import { checkLayout, elementCount } from "../layout.ts";
import type { GgufEntries } from "./entries.ts";
import { bytesOfType, GGML_TYPES } from "./ggml-types.ts";
import { GgufValueReader } from "./values.ts";

/** Bytes before the tensors. The largest vocabularies, with a tokenizer.json inside, take about 50 MB. */
const MAX_HEADER_BYTES = 128 * 2 ** 20;
/** Keys. Real files have about a hundred. */
const MAX_KEYS = 2 ** 16;
/** Tensors. A mixture of experts with a hundred layers has about two thousand. */
const MAX_TENSORS = 2 ** 16;
/** From the specification. */
const MAX_KEY_BYTES = 2 ** 16 - 1;
/** GGML_MAX_NAME and GGML_MAX_DIMS. */
const MAX_NAME_BYTES = 64;
const MAX_DIMENSIONS = 4;
/**
 * The default of the specification, and the largest. Files in use have 32 or 64, and memory pages have 64 KiB
 * at most.
 */
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 2 ** 16;

const MAGIC = 0x46554747; // "GGUF"

/**
 * Reads all but the data of the tensors. A file may hold a vocabulary and no tensors.
 * @throws GptError `not-found`; `invalid-file` that names the wrong field
 */
export async function readGguf(path: string): Promise<GgufCheckpoint> {
  return withFile(path, async (file) => {
    const input = new ByteSource(file, MAX_HEADER_BYTES);
    const values = new GgufValueReader(path, input);
    const { tensorCount, keyCount } = await readPreamble(file, values);
    const metadata = await readMetadata(path, values, keyCount);
    const alignment = readAlignment(path, metadata);
    const tensors = await readTensorInfos(path, values, tensorCount, alignment);

    const dataStart = Math.ceil(input.position / alignment) * alignment;
    for (const [name, tensor] of tensors) tensors.set(name, { ...tensor, offset: dataStart + tensor.offset });
    checkLayout(path, file.size, tensors.values());
    return { format: "gguf", path, metadata, tensors };
  });
}

/**
 * The metadata of a file as its bytes, to write it into another file.
 * @throws GptError as `readGguf`
 */
export async function readGgufEntries(path: string): Promise<GgufEntries> {
  return withFile(path, async (file) => {
    const input = new ByteSource(file, MAX_HEADER_BYTES);
    const values = new GgufValueReader(path, input);
    const { keyCount } = await readPreamble(file, values);
    const entries = new Map<string, Uint8Array>();
    for (let i = 0; i < keyCount; i++) {
      const key = await readKey(values, i);
      const begin = input.position;
      await values.value(key);
      const bytes = new Uint8Array(input.position - begin);
      await file.read(begin, bytes, key);
      entries.set(key, bytes);
    }
    return entries;
  });
}

async function readPreamble(file: InputFile, values: GgufValueReader) {
  const fail = (problem: string) => new GptError("invalid-file", `${file.path}: ${problem}`);
  if (file.size < 4) throw await file.rejection(`has ${file.size} bytes, too few for a GGUF file`);
  const magic = await values.uint32("the magic number");
  if (magic !== MAGIC) throw await file.rejection("is neither a GGUF file nor a model directory");

  const version = await values.uint32("the version");
  if (version >>> 24 !== 0 && version << 8 === 0) {
    throw fail(
      "is a big-endian GGUF file, which is not supported: convert the model for little-endian machines",
    );
  }
  if (version !== 2 && version !== 3) {
    throw fail(`GGUF version is ${version}, expected 2 or 3: convert the original model again`);
  }
  const tensorCount = await values.size("the tensor count", MAX_TENSORS);
  const keyCount = await values.size("the metadata count", MAX_KEYS);
  return { tensorCount, keyCount };
}

async function readMetadata(path: string, values: GgufValueReader, count: number): Promise<GgufMetadata> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = await readKey(values, i);
    if (metadata.has(key)) {
      throw new GptError("invalid-file", `${path}: metadata key ${quote(key)} occurs twice`);
    }
    metadata.set(key, await values.value(`metadata key ${quote(key)}`));
  }
  return metadata;
}

const readKey = (values: GgufValueReader, index: number): Promise<string> =>
  values.string(`the name of metadata key ${index}`, MAX_KEY_BYTES);

function readAlignment(path: string, metadata: GgufMetadata): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (
    typeof alignment !== "number" ||
    !(alignment >= 1 && alignment <= MAX_ALIGNMENT) ||
    !Number.isInteger(Math.log2(alignment))
  ) {
    const expected = `expected a power of two up to ${MAX_ALIGNMENT}`;
    throw new GptError("invalid-file", `${path}: general.alignment is ${quote(alignment)}, ${expected}`);
  }
  return alignment;
}

/** The tensors by name. Their offsets count from the start of the data. */
async function readTensorInfos(
  path: string,
  values: GgufValueReader,
  count: number,
  alignment: number,
): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (let i = 0; i < count; i++) {
    const name = await values.string(`the name of tensor ${i}`, MAX_NAME_BYTES);
    const what = `tensor ${quote(name)}`;
    const fail = (problem: string) => new GptError("invalid-file", `${path}: ${what}: ${problem}`);
    if (tensors.has(name)) throw fail("occurs twice");

    const shape = await readShape(values, what, fail);
    const typeId = await values.uint32(what);
    const type = GGML_TYPES.get(typeId);
    if (type === undefined) {
      throw fail(`has type ${typeId}, which is not known: convert the original model again`);
    }
    const row = shape.at(-1) ?? 1;
    const elements = elementCount(shape);
    if (elements === undefined) throw fail(`shape ${quote(shape)} is too large`);
    if (row % type.blockSize !== 0) {
      throw fail(`has rows of ${row}, but ${type.name} stores blocks of ${type.blockSize}`);
    }
    const offset = await values.size(`the offset of ${what}`);
    if (offset % alignment !== 0) throw fail(`offset ${offset} is not a multiple of ${alignment}`);
    const byteLength = bytesOfType(type.name, elements);
    tensors.set(name, { name, dtype: type.name, shape, file: path, offset, byteLength });
  }
  return tensors;
}

/** The dimensions, outermost first. GGUF stores the innermost first. */
async function readShape(
  values: GgufValueReader,
  what: string,
  fail: (problem: string) => GptError,
): Promise<number[]> {
  const rank = await values.uint32(what);
  if (rank < 1 || rank > MAX_DIMENSIONS) {
    throw fail(`has ${rank} dimensions, expected 1 to ${MAX_DIMENSIONS}`);
  }
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    shape.unshift(await values.size(`dimension ${axis} of ${what}`, Number.MAX_SAFE_INTEGER, 1));
  }
  return shape;
}
