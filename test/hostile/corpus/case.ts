/** A hostile model as the tests take it, and a good one in which one file holds something else. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../../src/errors.ts";
import { writeGpt2 } from "../subjects.ts";

export interface HostileCase {
  readonly name: string;
  /** Writes it into a folder of its own and returns the path to give as the model. */
  readonly write: (folder: string) => string;
  readonly code: ErrorCode;
  readonly message: RegExp;
  /** The command that meets it in a process of its own, for some. */
  readonly verb?: "generate" | "inspect" | "tokenize";
}

export type Verb = HostileCase["verb"];
export type Json = Record<string, unknown>;

export const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 548105171\n`;
export const WEB_PAGE = "<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n";
export const SERVER_ERROR = "Entry not found";

/** A good GPT-2 directory in which one file holds something else. */
export function damaged(
  file: string,
  content: string | Uint8Array | ((good: Buffer) => string | Uint8Array),
  message: RegExp,
  verb?: Verb,
  code: ErrorCode = "invalid-file",
): HostileCase {
  const write = (folder: string) => {
    writeGpt2(folder);
    const path = join(folder, file);
    writeFileSync(path, typeof content === "function" ? content(readFileSync(path)) : content);
    return folder;
  };
  return { name: `${file}: ${message.source}`, write, code, message, ...(verb && { verb }) };
}

/** A good GPT-2 directory whose `file` has other values in its JSON. */
export const field = (file: string, change: (json: Json) => void, message: RegExp, verb?: Verb) =>
  damaged(
    file,
    (good) => {
      const json = JSON.parse(good.toString()) as Json;
      change(json);
      return JSON.stringify(json);
    },
    message,
    verb,
  );

export const WEIGHTS = "model.safetensors";
