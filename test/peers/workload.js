/** What every engine is given to do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const defaultCheckpoint = fileURLToPath(new URL("checkpoints/gpt2-124m", import.meta.url));

/**
 * @typedef {object} Workload
 * @property {string} checkpoint  a directory
 * @property {number} threads
 * @property {number} prompt  ids that are appended at once
 * @property {number} generate  ids that are appended one by one after them
 */

/** @type {Readonly<Workload>} */
export const defaultWorkload = { checkpoint: defaultCheckpoint, threads: 2, prompt: 512, generate: 64 };

/**
 * The ids of the whole sequence: fixed ones, so that engines whose logits differ in the last bit stay on one path.
 *
 * @param {Workload} workload
 * @returns {number[]}
 */
export function workloadIds({ checkpoint, prompt, generate }) {
  const { vocab_size } = JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
  return Array.from({ length: prompt + generate }, (_, i) => (i * 7919 + 13) % vocab_size);
}
