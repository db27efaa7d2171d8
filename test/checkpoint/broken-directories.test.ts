import { copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { writeModelDirectory } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { ggufBytes } from "../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const config = { model_type: "gpt2" };
const tensors = { a: { shape: [2] }, b: { shape: [3] } };

/** Each makes a directory that cannot be opened. */
const broken: readonly (readonly [string, (path: string) => void, string, RegExp])[] = [
  [
    "without config.json",
    (path) => rmSync(`${path}/config.json`),
    "not-found",
    /has no config\.json; it describes the model: fetch it/,
  ],
  [
    "without anything",
    (path) => {
      rmSync(`${path}/config.json`);
      rmSync(`${path}/model.safetensors`);
    },
    "not-found",
    /has no config\.json; a model directory holds config\.json and model\.safetensors/,
  ],
  [
    "with an adapter alone",
    (path) => {
      renameSync(`${path}/config.json`, `${path}/adapter_config.json`);
      rmSync(`${path}/model.safetensors`);
    },
    "not-found",
    /has no config\.json; it is an adapter: give it beside its model \(--adapter\)/,
  ],
  [
    "with shards but no index",
    (path) => renameSync(`${path}/model.safetensors`, `${path}/model-00001-of-00002.safetensors`),
    "not-found",
    /has no model\.safetensors\.index\.json; it says which file holds each tensor/,
  ],
  [
    "with shards alone",
    (path) => {
      rmSync(`${path}/config.json`);
      renameSync(`${path}/model.safetensors`, `${path}/model-00001-of-00002.safetensors`);
    },
    "not-found",
    /has no config\.json; it describes the model: fetch it/,
  ],
  [
    "with weights of another program only",
    (path) => {
      rmSync(`${path}/model.safetensors`);
      writeFileSync(`${path}/tf_model.h5`, "");
    },
    "not-found",
    /"tf_model\.h5" is not read.*safetensors/,
  ],
  [
    "with weights under another name",
    (path) => renameSync(`${path}/model.safetensors`, `${path}/llama.safetensors`),
    "not-found",
    /where "llama\.safetensors" holds the whole model, rename it to model\.safetensors/,
  ],
  [
    "with an empty PyTorch file",
    (path) => {
      rmSync(`${path}/model.safetensors`);
      writeFileSync(`${path}/pytorch_model.bin`, "");
    },
    "invalid-file",
    /pytorch_model\.bin: is empty/,
  ],
  [
    "with a GGUF file inside",
    (path) => {
      rmSync(`${path}/config.json`);
      rmSync(`${path}/model.safetensors`);
      writeFileSync(`${path}/tiny.gguf`, ggufBytes({}));
    },
    "not-found",
    /give .*tiny\.gguf/,
  ],
  [
    "with garbage for a config",
    (path) => writeFileSync(`${path}/config.json`, "{,"),
    "invalid-file",
    /config\.json: .*not valid JSON/,
  ],
  [
    "with a list for a config",
    (path) => writeFileSync(`${path}/config.json`, "[]"),
    "invalid-file",
    /config\.json: .*not an object/,
  ],
  [
    "with nesting without end",
    (path) => writeFileSync(`${path}/config.json`, "[".repeat(1e6)),
    "invalid-file",
    /not valid JSON/,
  ],
  [
    "with a web page for a config",
    (path) => writeFileSync(`${path}/config.json`, "\n<!doctype html><p>Not found"),
    "invalid-file",
    /config\.json: is a web page/,
  ],
  [
    "with a git-lfs pointer for weights",
    (path) => writeFileSync(`${path}/model.safetensors`, "version https://git-lfs.github.com/spec/v1\n"),
    "invalid-file",
    /model\.safetensors: is a git-lfs pointer/,
  ],
  [
    "with weights cut short",
    (path) => truncateSync(`${path}/model.safetensors`, 120),
    "invalid-file",
    /model\.safetensors: .*cut short/,
  ],
  [
    "with a damaged generation_config.json",
    (path) => writeFileSync(`${path}/generation_config.json`, "?"),
    "invalid-file",
    /generation_config/,
  ],
];

const index = (path: string, weightMap: unknown) => {
  copyFileSync(`${path}/model.safetensors`, `${path}/one.safetensors`);
  rmSync(`${path}/model.safetensors`);
  writeFileSync(`${path}/model.safetensors.index.json`, JSON.stringify({ weight_map: weightMap }));
};
const brokenIndex: typeof broken = [
  ["without weight_map", (path) => index(path, undefined), "invalid-file", /weight_map is missing/],
  [
    "with a shard that is missing",
    (path) => index(path, { a: "two.safetensors" }),
    "not-found",
    /"two\.safetensors", which is not there/,
  ],
  [
    "with a path out of the directory",
    (path) => index(path, { a: "../one.safetensors" }),
    "invalid-file",
    /beside it/,
  ],
  ["with an absolute path", (path) => index(path, { a: "/etc/passwd" }), "invalid-file", /beside it/],
  ["with dots for a name", (path) => index(path, { a: ".." }), "not-found", /is not there/],
  ["with a number for a file", (path) => index(path, { a: 3 }), "invalid-file", /is 3, expected the name/],
];

describe("a broken directory is refused", () => {
  it.each([...broken, ...brokenIndex])("%s", async (_name, damage, code, message) => {
    const path = file("broken");
    rmSync(path, { recursive: true, force: true });
    damage(writeModelDirectory(path, config, tensors));
    const error = await rejectionOf(openCheckpoint(path));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(path)).toBe(true);
  });
});
