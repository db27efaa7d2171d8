/** Files and directories that are something else altogether. */
import { execFileSync } from "node:child_process";
import { rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ggufPreamble, ggufString, u32, u64 } from "../../fixtures/gguf-writer.ts";
import { writeGpt2 } from "../subjects.ts";
import { damaged, type HostileCase, LFS_POINTER, SERVER_ERROR, WEB_PAGE, WEIGHTS } from "./case.ts";

export const strangers: readonly HostileCase[] = [
  damaged(WEIGHTS, LFS_POINTER, /model\.safetensors: is a git-lfs pointer.*`git lfs pull`/, "generate"),
  damaged(WEIGHTS, WEB_PAGE, /model\.safetensors: is a web page.*fetch the file itself/),
  damaged(WEIGHTS, SERVER_ERROR, /model\.safetensors: holds a server's error message/),
  damaged(WEIGHTS, "", /model\.safetensors: is empty/),
  damaged("tokenizer.json", LFS_POINTER, /tokenizer\.json: is a git-lfs pointer/, "tokenize"),
  damaged("tokenizer.json", WEB_PAGE, /tokenizer\.json: is a web page/),
  damaged("tokenizer.json", "", /tokenizer\.json: is empty/),
  damaged("config.json", LFS_POINTER, /config\.json: is a git-lfs pointer/),
  damaged("config.json", WEB_PAGE, /config\.json: is a web page/),
  damaged("config.json", SERVER_ERROR, /config\.json: holds a server's error message/, "generate"),
  {
    name: "a directory of something else",
    write: (folder) => {
      writeFileSync(join(folder, "notes.txt"), "nothing to see");
      return folder;
    },
    code: "not-found",
    message: /has no config\.json; a model directory holds config\.json and model\.safetensors/,
    verb: "generate",
  },
  {
    name: "a pipe",
    write: (folder) => {
      const path = join(folder, "model.gguf");
      execFileSync("mkfifo", [path]);
      return path;
    },
    code: "invalid-file",
    message: /model\.gguf: is not a file, but a pipe/,
    verb: "generate",
  },
  {
    name: "a pipe for weights",
    write: (folder) => {
      writeGpt2(folder);
      rmSync(join(folder, WEIGHTS));
      execFileSync("mkfifo", [join(folder, WEIGHTS)]);
      return folder;
    },
    code: "invalid-file",
    message: /model\.safetensors: is not a file, but a pipe/,
  },
  {
    name: "a device without an end",
    write: (folder) => {
      symlinkSync("/dev/zero", join(folder, "model.gguf"));
      return join(folder, "model.gguf");
    },
    code: "invalid-file",
    message: /model\.gguf: is not a file, but a device/,
    verb: "inspect",
  },
  {
    name: "a link to nothing",
    write: (folder) => {
      writeGpt2(folder);
      rmSync(join(folder, WEIGHTS));
      symlinkSync("../blobs/0123", join(folder, WEIGHTS));
      return folder;
    },
    code: "not-found",
    message: /model\.safetensors: there is no such file/,
  },
  {
    name: "a hundred gigabytes of nothing",
    write: (folder) => {
      writeFileSync(
        join(folder, "model.gguf"),
        Buffer.concat([ggufPreamble(0, 1), ggufString("k"), u32(8), u64(2 ** 36)]),
      );
      truncateSync(join(folder, "model.gguf"), 100 * 2 ** 30);
      return join(folder, "model.gguf");
    },
    code: "invalid-file",
    message: /the length of metadata key "k" is 68719476736, expected/,
    verb: "inspect",
  },
  {
    name: "a tokenizer.json of a hundred gigabytes",
    write: (folder) => {
      writeGpt2(folder);
      truncateSync(join(folder, "tokenizer.json"), 100 * 2 ** 30);
      return folder;
    },
    code: "invalid-file",
    message: /tokenizer\.json: has 107374182400 bytes, expected at most/,
    verb: "tokenize",
  },
];
