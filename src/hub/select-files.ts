/** The files of a repository that this program reads: one format of the weights, and what stands beside it. */
import { GptError } from "../errors.ts";
import { type HubReference, spelled } from "./reference.ts";

/** Files beside the weights. */
const BESIDE = new Set([
  ...[
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "added_tokens.json",
  ],
  ...["special_tokens_map.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model"],
  ...["sentencepiece.bpe.model", "source.spm", "target.spm", "chat_template.jinja", "chat_template.json"],
  ...[
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "adapter_config.json",
  ],
]);

/** The folders of sentence-transformers: `1_Pooling/config.json`. */
const MODULE = /^\d+_\w+\/(?:config\.json|model\.safetensors)$/;

/** Formats of weights in the order of the choice. */
const WEIGHTS = [
  /^(?:adapter_)?model(?:-\d+-of-\d+)?\.safetensors$|^model\.safetensors\.index\.json$/,
  /^[^/]+\.safetensors$/,
  /^pytorch_model(?:-\d+-of-\d+)?\.bin$|^pytorch_model\.bin\.index\.json$/,
];

const GGUF_PART = /-\d{5}-of-\d{5}(?=\.gguf$)/;
/** Files that go with a model and are none: encoders of images, importance matrices. */
const NO_MODEL = /(?:^|[/._-])(?:mmproj|imatrix)/i;
/** The quantization without a wish, as in llama.cpp. */
const USUAL = "Q4_K_M";

/**
 * The paths to fetch.
 *
 * @throws GptError `not-found` for a repository without weights or without the quantization, and `usage` for
 *   one with several quantizations and no usual one
 */
export function selectFiles(paths: readonly string[], reference: HubReference): string[] {
  const isIn = (pattern: RegExp) => (path: string) => pattern.test(path);
  const weights = WEIGHTS.map((pattern) => paths.filter(isIn(pattern))).find(({ length }) => length > 0);
  if (reference.quantization === undefined && weights !== undefined) {
    return [...paths.filter((path) => BESIDE.has(path) || MODULE.test(path)), ...weights].filter(
      (path, i, all) => all.indexOf(path) === i,
    );
  }
  return ggufFiles(paths, reference);
}

/** Whether a file is a model by itself. */
export const isModelFile = (path: string): boolean => path.endsWith(".gguf") && !NO_MODEL.test(path);

/** The GGUF file of a quantization: all parts of a file in parts. */
export function ggufFiles(paths: readonly string[], reference: HubReference): string[] {
  const { quantization } = reference;
  const files = paths.filter(isModelFile);
  const name = spelled({ ...reference, quantization: undefined });
  const stems = [...new Set(files.map(stemOf))];
  if (stems.length === 0) {
    const weights = quantization === undefined ? "no safetensors and no GGUF file" : "no GGUF file";
    throw new GptError("not-found", `${name} has ${weights}: this program reads no other weights`);
  }
  const fitting = (wanted: string) => stems.filter((stem) => hasQuantization(stem, wanted)).sort(shortFirst);
  const [chosen] = quantization === undefined && stems.length === 1 ? stems : fitting(quantization ?? USUAL);
  if (chosen !== undefined) return files.filter((path) => stemOf(path) === chosen).sort();
  const known = [...new Set(stems.map(quantizationOf))].sort().join(", ");
  if (quantization === undefined) {
    throw new GptError(
      "usage",
      `${name} has several GGUF files: choose one, as ${name}:${quantizationOf(stems[0] ?? "")} (${known})`,
    );
  }
  throw new GptError("not-found", `${name} has no GGUF file of ${quantization}: it has ${known}`);
}

/** What tells a GGUF file from the others of its repository: `Q4_K_M`, else its name. */
export function quantizationOf(path: string): string {
  const stem = stemOf(path);
  const found = /(?:^|[./_-])((?:UD-)?(?:I?Q\d\w*|T?MXFP4\w*|B?F16|F32|TQ\d_\d))$/i.exec(stem);
  return found?.[1] ?? stem.replace(/.*\//, "");
}

const stemOf = (path: string): string => path.replace(GGUF_PART, "").replace(/\.gguf$/, "");

const hasQuantization = (stem: string, wanted: string): boolean => {
  const [name, own] = [stem.toLowerCase(), wanted.toLowerCase().replace(/\.gguf$/, "")];
  return (
    quantizationOf(stem).toLowerCase() === own ||
    name.replace(/.*\//, "") === own ||
    name.endsWith(`-${own}`) ||
    name.endsWith(`.${own}`)
  );
};

const shortFirst = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);
