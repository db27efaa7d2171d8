/** Small good models of every format, with all that each format can have. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GgufMetadataToWrite, type GgufValueToWrite, typed } from "../fixtures/gguf-writer.ts";
import { asPytorch } from "../fixtures/pytorch.ts";
import { writeRandomDirectory, writeRandomGguf } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, rotary } from "../fixtures/stored-config.ts";
import type { UniformConfig } from "../fixtures/uniform.ts";
import { byteLevelParts, tokenizerJson, train } from "../tokenizer/fixtures.ts";

const END = "<|endoftext|>";
const { vocab, merges } = train("the cat sat on the mat, the other cat ate the hat 12 12", 24);
const byteTokens = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);
const sentencePieces = [
  "<unk>",
  "<s>",
  "</s>",
  ...byteTokens,
  "▁",
  ..."acehmnost",
  "▁t",
  "▁th",
  "▁the",
  "at",
];

const sizes = { nLayer: 1, nHead: 4, nKvHead: 4, headDim: 4, nEmbd: 16, nInner: 24, nPositions: 48 };
const byteLevelGpt2: UniformConfig = { ...gpt2, ...sizes, vocabSize: Object.keys(vocab).length + 1 };
const sentencePieceLlama: UniformConfig = {
  ...llama,
  ...sizes,
  nKvHead: 2,
  vocabSize: sentencePieces.length,
  position: rotary({ kind: "linear", factor: 2 }),
};

/** A GPT-2 directory with every file that one can have. */
export function writeGpt2(directory: string): string {
  writeRandomDirectory(directory, byteLevelGpt2);
  return writeJson(directory, {
    "generation_config.json": {
      bos_token_id: 1,
      eos_token_id: [2, 3],
      temperature: 0.7,
      top_k: 5,
      do_sample: true,
    },
    "tokenizer.json": tokenizerJson(
      { vocab, merges, unk_token: null, byte_fallback: false, dropout: null },
      {
        ...byteLevelParts,
        added_tokens: [
          { id: Object.keys(vocab).length, content: END, special: true, lstrip: false, normalized: false },
        ],
        post_processor: { type: "ByteLevel", add_prefix_space: true },
      },
    ),
    "tokenizer_config.json": { tokenizer_class: "GPT2Tokenizer", eos_token: END, add_bos_token: false },
    "special_tokens_map.json": { bos_token: { content: END }, additional_special_tokens: [END] },
  });
}

/** A GPT-2 directory whose weights torch.save wrote. */
export function writePytorchGpt2(directory: string): string {
  writeRandomDirectory(directory, byteLevelGpt2);
  asPytorch(join(directory, "model.safetensors"), join(directory, "pytorch_model.bin"));
  return directory;
}

/** A Llama directory with an index of shards, and the other kind of tokenizer.json. */
export function writeLlama(directory: string): string {
  writeRandomDirectory(directory, sentencePieceLlama, { dtype: "BF16" });
  const shard = "model-00001-of-00001.safetensors";
  renameSync(join(directory, "model.safetensors"), join(directory, shard));
  const names = namesIn(readFileSync(join(directory, shard)));
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
  const [pieces, mergeList] = [sentencePieces, ["▁ t", "▁t h", "▁th e", "a t"]];
  const bos = { SpecialToken: { id: "<s>", type_id: 0 } };
  return writeJson(directory, {
    "model.safetensors.index.json": { weight_map: Object.fromEntries(names.map((name) => [name, shard])) },
    "tokenizer.json": tokenizerJson(
      {
        vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
        merges: mergeList,
        unk_token: "<unk>",
        byte_fallback: true,
        fuse_unk: true,
      },
      {
        added_tokens: [0, 1, 2].map((id) => ({ id, content: pieces[id], special: true })),
        normalizer: {
          type: "Sequence",
          normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { Regex: " +" }, content: " " }],
        },
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [
            {
              type: "Split",
              pattern: { Regex: "\\p{N}{1,3}|\\s+(?!\\S)" },
              behavior: "Isolated",
              invert: false,
            },
            metaspace,
          ],
        },
        post_processor: {
          type: "TemplateProcessing",
          single: [bos, { Sequence: { id: "A" } }],
          special_tokens: { "<s>": { id: "<s>", ids: [1] } },
        },
        decoder: {
          type: "Sequence",
          decoders: [
            { type: "Replace", pattern: { String: "▁" }, content: " " },
            { type: "ByteFallback" },
            { type: "Fuse" },
            { type: "Strip", content: " ", start: 1, stop: 0 },
          ],
        },
      },
    ),
    "tokenizer_config.json": {
      tokenizer_class: "LlamaTokenizer",
      bos_token: "<s>",
      eos_token: "</s>",
      added_tokens_decoder: { 0: { content: "<unk>", special: true } },
    },
  });
}

/** vocab.json and merges.txt, without weights. */
export function writeVocabulary(directory: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "merges.txt"), `#version: 0.2\n${merges.join("\n")}\n`);
  return writeJson(directory, {
    "vocab.json": { ...vocab, [END]: Object.keys(vocab).length },
    "added_tokens.json": { "<extra>": Object.keys(vocab).length + 1 },
    "config.json": { model_type: "gpt2" },
  });
}

/** Metadata of the two kinds of vocabularies of GGUF files. */
const sentencePieceKeys: GgufMetadataToWrite = {
  "tokenizer.ggml.model": "llama",
  "tokenizer.ggml.tokens": sentencePieces,
  "tokenizer.ggml.scores": typed(
    "array",
    sentencePieces.map((piece) => -piece.length),
    "f32",
  ),
  "tokenizer.ggml.token_type": typed(
    "array",
    sentencePieces.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)),
    "i32",
  ),
  "tokenizer.ggml.bos_token_id": 1,
  "tokenizer.ggml.eos_token_id": 2,
  "tokenizer.ggml.add_bos_token": true,
  "tokenizer.ggml.add_space_prefix": true,
};
const byteLevelKeys: GgufMetadataToWrite = {
  "tokenizer.ggml.model": "gpt2",
  "tokenizer.ggml.pre": "gpt-2",
  "tokenizer.ggml.tokens": [...Object.keys(vocab), END],
  "tokenizer.ggml.token_type": typed("array", [...Object.keys(vocab).map(() => 1), 3], "i32"),
  "tokenizer.ggml.merges": merges,
  "tokenizer.ggml.eos_token_id": Object.keys(vocab).length,
};

/** @param changes keys with other values; undefined takes one out */
export function writeGgufLlama(
  path: string,
  changes: Readonly<Record<string, GgufValueToWrite | undefined>> = {},
): string {
  writeRandomGguf(path, sentencePieceLlama, {}, { ...sentencePieceKeys, ...changes });
  return path;
}

export function writeGgufGpt2(path: string): string {
  writeRandomGguf(path, byteLevelGpt2, { dtype: "F16" }, byteLevelKeys);
  return path;
}

function writeJson(directory: string, files: Readonly<Record<string, unknown>>): string {
  for (const [name, value] of Object.entries(files)) {
    writeFileSync(join(directory, name), JSON.stringify(value));
  }
  return directory;
}

/** The names of the tensors in a safetensors file. */
function namesIn(file: Buffer): string[] {
  return Object.keys(JSON.parse(file.toString("utf8", 8, 8 + Number(file.readBigUInt64LE(0)))));
}
