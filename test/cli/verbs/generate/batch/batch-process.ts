/** Batches as processes that tests kill. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeZeroGpt2 } from "../../../../fixtures/zero-gpt2.ts";
import type { Finished } from "../../../gpt.ts";

/**
 * Flags of a batch on a model that takes ids only and is fast. It writes uniform noise, so a seed says all.
 */
export function zeroBatch(folder: string): string[] {
  const sizes = { n_layer: 1, n_head: 1, n_embd: 8, n_positions: 16, vocab_size: 50 };
  const model = ["-m", writeZeroGpt2(folder, sizes)];
  return ["generate", "--jsonl", ...model, "--seed", "3", "-n", "3", "-t", "1"];
}

/** A thousand requests. Ten of them are wrong. */
export const thousandRequests = (): string =>
  Array.from({ length: 1000 }, (_, i) =>
    i % 100 === 50 ? '{"ids": [99]}' : JSON.stringify({ id: i, ids: [1, i % 50] }),
  ).join("\n");

export const bin = fileURLToPath(new URL("../../../../../bin/gpt.js", import.meta.url));

export const lineCount = (path: string): number =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;

/** Runs `gpt` with the start of an input that has no end, and ends it once the file has a hundred lines. */
export async function killed(
  args: readonly string[],
  input: string,
  path: string,
  signal: NodeJS.Signals,
): Promise<Omit<Finished, "stdout">> {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["pipe", "ignore", "pipe"] });
  const closed = once(child, "close");
  child.stdin.on("error", () => {}).write(input.split("\n", 500).join("\n"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  while (lineCount(path) < 100 && child.exitCode === null) await setTimeout(2);
  child.kill(signal);
  const [status] = await closed;
  return { status, stderr };
}
