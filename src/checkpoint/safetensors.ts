/**
 * Reads the header of a .safetensors file: the place of each tensor
 * (https://github.com/huggingface/safetensors#format).
 */
import { GptError } from "../errors.ts";
import { type InputFile, withFile } from "../files/file.ts";
import type { JsonObject, JsonValue } from "../files/json.ts";
import { isJsonObject, parseJsonObject, repeatedName } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";
import { checkLayout, elementCount } from "./layout.ts";

/** Ten thousand tensors take about 1 MB. The limit of the reference implementation is 100 MB. */
const MAX_HEADER_BYTES = 2 ** 25;
const LENGTH_BYTES = 8;

/** Bits of an element for each dtype of the format. Some dtypes are listed and never read. */
const BITS_OF_DTYPE: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ F64: 64, I64: 64, U64: 64, C64: 64, F32: 32, I32: 32, U32: 32, F16: 16, BF16: 16, I16: 16, U16: 16 },
    ...{ I8: 8, U8: 8, BOOL: 8, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
    ...{ F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
  }),
);

/** Names of future dtypes match it, too. */
const DTYPE_NAME = /^\w{1,16}$/;

/**
 * Lists the tensors of a file by name. Reads the header only. Lists unknown dtypes, too.
 * @throws GptError `not-found`; `invalid-file` that names the wrong field
 */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  return withFile(path, async (file) => {
    const { header, json } = await readHeader(file);
    const dataStart = LENGTH_BYTES + json.length;
    const tensors = new Map<string, StoredTensor>();
    for (const [name, entry] of Object.entries(header)) {
      if (name === "__metadata__") continue;
      tensors.set(name, readEntry(path, dataStart, name, entry));
    }
    const twin = repeatedName(Buffer.from(json).toString());
    if (twin !== undefined) throw new GptError("invalid-file", `${path}: tensor ${quote(twin)} occurs twice`);
    checkLayout(path, file.size, tensors.values());
    checkComplete(path, dataStart, file.size, tensors.values());
    return tensors;
  });
}

/** The texts that the writer put beside the tensors. */
export async function readSafetensorsMetadata(path: string): Promise<JsonObject> {
  return withFile(path, async (file) => {
    const { __metadata__: metadata } = (await readHeader(file)).header;
    return isJsonObject(metadata) ? metadata : {};
  });
}

/** The header and its bytes. */
async function readHeader(file: InputFile): Promise<{ header: JsonObject; json: Uint8Array }> {
  const json = new Uint8Array(await readHeaderLength(file));
  await file.read(LENGTH_BYTES, json, "the header");
  return { header: await parseJsonObject(json, file, "the header"), json };
}

async function readHeaderLength(file: InputFile): Promise<number> {
  if (file.size < LENGTH_BYTES) {
    throw await file.rejection(`has ${file.size} bytes, too few for a safetensors file: fetch it again`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES);
  await file.read(0, bytes, "the header length");
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw await file.rejection(
      `the header length is ${length}, more than ${MAX_HEADER_BYTES}: this is not a safetensors file`,
    );
  }
  if (Number(length) > file.size - LENGTH_BYTES) {
    throw await file.rejection(
      `the header length is ${length}, but the file has ${file.size} bytes: it is cut short, fetch it again`,
    );
  }
  return Number(length);
}

/** In this format each byte of data belongs to a tensor. */
function checkComplete(path: string, begin: number, end: number, tensors: Iterable<StoredTensor>): void {
  let done = begin;
  const fail = (to: number) =>
    new GptError(
      "invalid-file",
      `${path}: bytes ${done} to ${to} belong to no tensor: the header is damaged`,
    );
  for (const { offset, byteLength } of [...tensors].sort((a, b) => a.offset - b.offset)) {
    if (offset > done) throw fail(offset);
    done = Math.max(done, offset + byteLength);
  }
  if (done < end) throw fail(end);
}

function readEntry(
  path: string,
  dataStart: number,
  name: string,
  entry: JsonValue | undefined,
): StoredTensor {
  const fail = (problem: string) =>
    new GptError("invalid-file", `${path}: tensor ${quote(name)}: ${problem}`);
  if (!isJsonObject(entry)) throw fail(`is ${quote(entry)}, expected dtype, shape and data_offsets`);

  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !DTYPE_NAME.test(dtype)) {
    throw fail(`dtype is ${quote(dtype)}, expected a name such as "F32"`);
  }
  if (!isSizes(shape)) throw fail(`shape is ${quote(shape)}, expected a list of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw fail(`data_offsets is ${quote(offsets)}, expected [begin, end]`);
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) throw fail(`data_offsets begins at ${begin}, after its end at ${end}`);

  const elements = elementCount(shape);
  if (elements === undefined) throw fail(`shape ${quote(shape)} is too large`);
  const bits = BITS_OF_DTYPE.get(dtype);
  if (bits !== undefined && elements * bits !== (end - begin) * 8) {
    throw fail(
      `data_offsets spans ${end - begin} bytes, but ${dtype} ${quote(shape)} takes ${(elements * bits) / 8}`,
    );
  }
  return { name, dtype, shape, file: path, offset: dataStart + begin, byteLength: end - begin };
}

function isSizes(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
