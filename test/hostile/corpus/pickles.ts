/** pytorch_model.bin: zip archives, and pickles that are programs. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  global,
  legacyBytes,
  type PytorchTensor,
  pickledState,
  pickledTensor,
  pytorchBytes,
  zipBytes,
} from "../../fixtures/pytorch.ts";
import { writeGpt2 } from "../subjects.ts";
import { type HostileCase, type Verb, WEIGHTS } from "./case.ts";

const FILE = "pytorch_model.bin";

/** A GPT-2 directory with this file for its weights. */
function weights(content: Uint8Array, message: RegExp, verb?: Verb): HostileCase {
  const write = (folder: string) => {
    writeGpt2(folder);
    rmSync(join(folder, WEIGHTS));
    writeFileSync(join(folder, FILE), content);
    return folder;
  };
  return { name: `${FILE}: ${message.source}`, write, code: "invalid-file", message, ...(verb && { verb }) };
}

const good: PytorchTensor = { storage: "FloatStorage", key: "0", elements: 4, shape: [2, 2] };
const storages = { 0: new Uint8Array(16) };

const pickle = (bytes: Uint8Array | string, message: RegExp, verb?: Verb) =>
  weights(pytorchBytes(Buffer.from(bytes), storages), message, verb);
const tensor = (values: Partial<PytorchTensor>, message: RegExp, verb?: Verb) =>
  pickle(pickledState({ "wte.weight": pickledTensor({ ...good, ...values }) }), message, verb);

const legacy = (
  tensor: PytorchTensor,
  contents: Record<string, Uint8Array>,
  elements: Record<string, number>,
) => legacyBytes(pickledState({ "wte.weight": pickledTensor(tensor) }), contents, elements);

const archive = pytorchBytes(pickledState({ "wte.weight": pickledTensor(good) }), storages);
/** The archive with other bytes from a place on, counted from the end where it is negative. */
function changed(at: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(archive);
  copy.set(bytes, at < 0 ? copy.length + at : at);
  return copy;
}

/** Lists in lists, each twice: as a text they would fill the universe. */
const bomb = Buffer.concat([
  Buffer.from("\u0080\u0002]q\u0000", "latin1"),
  ...Array.from({ length: 60 }, () => Buffer.from("(h\u0000h\u0000lq\u0000", "latin1")),
  Buffer.from("h\u0000h\u0000\u0093.", "latin1"),
]);

export const pickles: readonly HostileCase[] = [
  pickle(
    Buffer.concat([global("posix", "system"), Buffer.from("(U\u0008touch /xtR.")]),
    /pytorch_model\.bin: asks for "posix\.system": only tensors are read from a pickle, and nothing is run/,
    "generate",
  ),
  pickle(
    Buffer.from("\u0080\u0004\u008c\u0008builtins\u008c\u0004eval\u0093.", "latin1"),
    /asks for "builtins\.eval"/,
    "inspect",
  ),
  pickle(Buffer.concat([global("torch", "load"), Buffer.from(".")]), /asks for "torch\.load"/),
  pickle(
    Buffer.concat([global("collections", "OrderedDict\u0000"), Buffer.from(".")]),
    /asks for "collections\.OrderedDict\\u0000"/,
  ),
  pickle(
    Buffer.concat([global("torch", "FloatStorage"), Buffer.from(")R.")]),
    /it calls what is no function/,
  ),
  pickle(Buffer.from("NR."), /its pickle is damaged: its stack is empty/),
  pickle(bomb, /it names a function by no text/),
  pickle("", /its pickle is damaged: it ends early/),
  pickle("(((", /it ends early/),
  pickle("?", /operation 0x3f is unknown/),
  pickle("t.", /a mark is missing on its stack/),
  pickle("h\u0007.", /its memo 7 is empty/),
  pickle("Na.", /its stack is empty/),
  pickle("NNa.", /it appends to what is no list/),
  pickle("N(NNu.", /it sets an item of what is no dictionary/),
  pickle(Buffer.from("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "latin1"), /it ends early/),
  pickle("N.", /holds no state dict/),
  pickle("}.", /holds no tensors by name/),
  pickle("NQ.", /names a storage in an unknown way/),
  tensor(
    { elements: 2 ** 50, shape: [2 ** 25, 2 ** 25] },
    /ends at element 1125899906842624, but its storage has 4/,
    "generate",
  ),
  tensor({ shape: [2 ** 52, 2 ** 52] }, /which is too large/),
  tensor({ shape: [-1, 2] }, /builds a tensor in an unknown way/),
  tensor({ offset: 1 }, /tensor "wte\.weight" ends at element 5, but its storage has 4/),
  tensor({ offset: -4 }, /builds a tensor in an unknown way/),
  tensor({ strides: [1, 2] }, /tensor "wte\.weight" is not stored row by row/),
  tensor({ strides: [0, 0] }, /is not stored row by row/),
  tensor({ shape: Array(9).fill(1) }, /builds a tensor in an unknown way/),
  tensor({ key: "../../config" }, /has no bytes in the file/),
  tensor({ storage: "QInt8Storage" }, /asks for "torch\.QInt8Storage"/),
  weights(zipBytes({ "notes.txt": Buffer.from("nothing") }), /is a zip archive without data\.pkl/),
  weights(
    zipBytes({ "a/data.pkl": Buffer.from("N."), "a/byteorder": Buffer.from("big") }),
    /its byte order is "big"/,
  ),
  weights(pytorchBytes(pickledState({}), {}, { method: 8 }), /file "archive\/data\.pkl" is compressed/),
  weights(archive.subarray(0, archive.length - 30), /it has no list of files at its end/, "generate"),
  weights(Buffer.from("PK\u0003\u0004"), /it has no list of files at its end/),
  weights(changed(-10, [255, 255, 255, 127]), /2147483647 bytes? .*outside|its list of files has \d+ bytes/),
  weights(changed(-6, [255, 255, 255, 127]), /are outside of its \d+: it is cut short/),
  weights(changed(-6, [255, 255, 255, 255]), /its zip64 end is missing/),
  weights(changed(-6, [0, 0, 0, 0]), /its list of files ends early/),
  weights(
    legacy(good, { 0: new Uint8Array(16) }, { 0: 5 }),
    /the storage "0" has another length than its tensors say/,
  ),
  weights(legacy(good, { 0: new Uint8Array(12) }, { 0: 4 }), /ends within the storage "0"/, "generate"),
  weights(legacy(good, { 1: new Uint8Array(16) }, { 1: 4 }), /lists the storage "1", which no tensor has/),
  weights(legacy(good, {}, {}), /tensor "wte\.weight" has no bytes in the file/),
  weights(
    Buffer.from("\u0080\u0002K\u0001.\u0080\u0002K\u0002.", "latin1"),
    /its version is 2, expected 1001/,
  ),
  weights(
    Buffer.concat([Buffer.from("\u0080\u0002", "latin1"), global("os", "system"), Buffer.from(".")]),
    /asks for "os\.system"/,
  ),
  weights(Buffer.from("version https://git-lfs.github.com/spec/v1\n"), /is a git-lfs pointer/),
];
