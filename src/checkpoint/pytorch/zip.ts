/**
 * The files within a zip archive (PKWARE's APPNOTE 6.3), where they are stored as they are, as PyTorch stores
 * them. Zip64, for archives beyond 4 GiB, is read too.
 */
import { GptError } from "../../errors.ts";
import type { InputFile } from "../../files/file.ts";
import { quote } from "../../files/quote.ts";

/** Where the bytes of a file lie in the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** Signatures of the records. */
const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

const END_BYTES = 22;
const END64_LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
/** An archive of a hundred thousand tensors takes 10 MB. */
const MAX_DIRECTORY_BYTES = 2 ** 25;

/** What 32 bits say where the value is in the zip64 field. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;

const STORED = 0;
const ENCRYPTED = 1;

/** The files of an archive by name. @throws GptError `invalid-file` for what is no such archive */
export async function readZip(file: InputFile): Promise<Map<string, ZipEntry>> {
  const { offset, size } = await directoryOf(file);
  if (size > MAX_DIRECTORY_BYTES) throw damaged(file, `its list of files has ${size} bytes`);
  const bytes = Buffer.alloc(checkedSize(file, offset, size));
  await file.read(offset, bytes, "the list of files");

  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < size; ) {
    if (at + CENTRAL_BYTES > size || bytes.readUInt32LE(at) !== CENTRAL)
      throw damaged(file, "its list of files ends early");
    const nameEnd = at + CENTRAL_BYTES + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const end = extraEnd + bytes.readUInt16LE(at + 32);
    if (end > size) throw damaged(file, "its list of files ends early");
    const name = bytes.toString("utf8", at + CENTRAL_BYTES, nameEnd);
    if (entries.has(name)) throw damaged(file, `file ${quote(name)} occurs twice`);
    if ((bytes.readUInt16LE(at + 8) & ENCRYPTED) !== 0)
      throw damaged(file, `file ${quote(name)} is encrypted`);
    if (bytes.readUInt16LE(at + 10) !== STORED) throw damaged(file, `file ${quote(name)} is compressed`);
    const [size64, local] = sizeAndPlace(bytes, at, bytes.subarray(nameEnd, extraEnd));
    entries.set(name, await entryAt(file, name, local, size64));
    at = end;
  }
  return entries;
}

/** Where the list of files lies. */
async function directoryOf(file: InputFile): Promise<{ readonly offset: number; readonly size: number }> {
  const length = Math.min(file.size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = Buffer.alloc(length);
  await file.read(file.size - length, tail, "the end of the archive");
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END);
  const end = tail.lastIndexOf(signature);
  if (end < 0 || end + END_BYTES > length) throw damaged(file, "it has no list of files at its end");
  const [size, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (size !== IN_ZIP64 && offset !== IN_ZIP64) return { offset, size };

  const locator = end - END64_LOCATOR_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== END64_LOCATOR)
    throw damaged(file, "its zip64 end is missing");
  const place = Number(tail.readBigUInt64LE(locator + 8));
  const end64 = Buffer.alloc(checkedSize(file, place, END64_BYTES));
  await file.read(place, end64, "the zip64 end of the archive");
  if (end64.readUInt32LE(0) !== END64) throw damaged(file, "its zip64 end is missing");
  return { size: Number(end64.readBigUInt64LE(40)), offset: Number(end64.readBigUInt64LE(48)) };
}

/**
 * Of an entry in the list of files. The zip64 field holds those values that 32 bits do not, in this order.
 */
function sizeAndPlace(bytes: Buffer, at: number, extra: Buffer): [size: number, local: number] {
  const short = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
  const field = zip64Field(extra);
  let next = 0;
  const [size = Number.NaN, , local = Number.NaN] = short.map((value) => {
    if (value !== IN_ZIP64) return value;
    next += 8;
    return next <= field.length ? Number(field.readBigUInt64LE(next - 8)) : Number.NaN;
  });
  return [size, local];
}

function zip64Field(extra: Buffer): Buffer {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_FIELD) return extra.subarray(at + 4, end);
    at = end;
  }
  return extra.subarray(extra.length);
}

/** The bytes of a file follow its own header, whose fields may be longer than those in the list. */
async function entryAt(file: InputFile, name: string, local: number, size: number): Promise<ZipEntry> {
  const header = Buffer.alloc(checkedSize(file, local, LOCAL_BYTES));
  await file.read(local, header, `the header of ${quote(name)}`);
  if (header.readUInt32LE(0) !== LOCAL) throw damaged(file, `file ${quote(name)} has no header`);
  const offset = local + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  checkedSize(file, offset, size);
  return { name, offset, size };
}

/** @throws GptError where bytes are outside of the file */
function checkedSize(file: InputFile, offset: number, size: number): number {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(size) && offset + size <= file.size) return size;
  const place = `${size} bytes at ${offset} are outside of its ${file.size}`;
  throw damaged(file, `${place}: it is cut short, fetch it again`);
}

const damaged = (file: InputFile, problem: string): GptError =>
  new GptError("invalid-file", `${file.path}: is no zip archive of PyTorch: ${problem}`);
