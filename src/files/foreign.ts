/** Recognizes files of other formats by their first bytes, and says what to do about them. */

interface ForeignFormat {
  readonly starts: readonly string[];
  readonly verdict: string;
}

const FORMATS: readonly ForeignFormat[] = [
  {
    starts: ["version https://git-lfs"],
    verdict: "is a git-lfs pointer, not the file it stands for: run `git lfs pull` in its folder",
  },
  {
    starts: ["<!doctype", "<html", "<?xml", "<head"],
    verdict: "is a web page, not a model: the download failed, fetch the file itself",
  },
  {
    starts: ["entry not found", "repository not found", "invalid username or password", "access to model"],
    verdict: "holds a server's error message: the download failed, fetch the file itself",
  },
  {
    starts: ["\0".repeat(16)],
    verdict: "holds zeros: the download was cut off, fetch it again",
  },
  { starts: ["gguf"], verdict: "is a GGUF file: name it .gguf and give its path as the model" },
  {
    starts: ["lmgg", "fmgg", "tjgg", "algg"],
    verdict: "is in a format that came before GGUF: convert the original model again",
  },
  {
    starts: ["pk\u0003\u0004", "\u0080\u0002", "\u0080\u0003", "\u0080\u0004"],
    verdict: "is a PyTorch file: give the directory that holds it, as pytorch_model.bin, and config.json",
  },
  { starts: ["\u0089hdf"], verdict: "is an HDF5 (Keras) file: save the model as safetensors" },
  { starts: ["\u001f\u008b"], verdict: "is compressed with gzip: unpack it first" },
];

/** Enough bytes to recognize each format above, after a byte-order mark and some white space. */
export const RECOGNIZABLE_BYTES = 64;

/**
 * The format of a file that starts with `head`, as a message says it after the path. Undefined for an unknown
 * format.
 */
export function foreignContent(head: Uint8Array): string | undefined {
  if (head.length === 0) return "is empty";
  const start = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString("latin1")
    .replace(/^(\u00ef\u00bb\u00bf)?\s*/, "")
    .toLowerCase();
  return FORMATS.find(({ starts }) => starts.some((prefix) => start.startsWith(prefix)))?.verdict;
}
