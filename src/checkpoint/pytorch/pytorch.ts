/**
 * The tensors of a file of `torch.save`. Since PyTorch 1.6 it is a zip archive with the pickle
 * `NAME/data.pkl` of a state dict, and the plain bytes of each storage in `NAME/data/KEY`. So tensors are
 * read from the file in place.
 */
import { type InputFile, withFile } from "../../files/file.ts";
import { quote } from "../../files/quote.ts";
import type { StoredTensor } from "../checkpoint.ts";
import { readLegacyPytorch } from "./legacy.ts";
import { readPickle } from "./pickle.ts";
import { fail, stateHost, tensorsOf } from "./state-dict.ts";
import { readZip, type ZipEntry } from "./zip.ts";

/** A hundred thousand tensors take 20 MB. */
const MAX_PICKLE_BYTES = 2 ** 26;

/**
 * Lists the tensors of a file by name. Runs nothing of the file: a table of the few calls that build tensors
 * reads its pickle.
 *
 * @throws GptError `not-found`; `invalid-file` that says what is wrong
 */
export async function readPytorch(path: string): Promise<Map<string, StoredTensor>> {
  return withFile(path, async (file) => {
    const head = Buffer.alloc(Math.min(file.size, 4));
    await file.read(0, head, "its first bytes");
    if (head.toString("latin1") === "PK\u0003\u0004") return await readArchive(file);
    if (head[0] === 0x80) return await readLegacyPytorch(file);
    throw await file.rejection("is no file of PyTorch: it is damaged, fetch it again");
  });
}

async function readArchive(file: InputFile): Promise<Map<string, StoredTensor>> {
  const { path } = file;
  const entries = await readZip(file);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw fail(path, "is a zip archive without data.pkl, so torch.save did not write it");
  }
  const folder = pickle.name.slice(0, -"data.pkl".length);
  await checkByteOrder(file, entries.get(`${folder}byteorder`));
  const [state] = readPickle(path, await readEntry(file, pickle, MAX_PICKLE_BYTES), stateHost(path));
  return tensorsOf(path, state, (key) => entries.get(`${folder}data/${key}`));
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
