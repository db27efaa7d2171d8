/** What every engine is given to do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { letterIds } from "../checkpoint/vocabulary.js";

const defaultCheckpoint = fileURLToPath(new URL("../checkpoints/gpt2-124m", import.meta.url));

/**
 * @typedef {object} Workload
 * @property {string} checkpoint  a directory
 * @property {number} threads
 * @property {number} prompt  ids that are appended at once
 * @property {number} generate  ids that are appended one by one after them
 * @property {string} llamaBench  a native llama-bench, or "" for none
 * @property {readonly string[]} models  names of native/model.js
 * @property {number} long  ids of a long prompt of those, or 0 for none
 */

/** @type {Readonly<Workload>} */
export const defaultWorkload = {
  checkpoint: defaultCheckpoint,
  threads: 2,
  prompt: 512,
  generate: 64,
  llamaBench: "",
  models: ["1B Q8_0", "1B Q4_0", "1B Q4_K_M"],
  long: 0,
};

/**
 * The ids of the whole sequence: fixed ones, so that engines whose logits differ in the last bit stay on one path, and
 * such as a text can be given for.
 *
 * @param {Workload} workload
 */
export const workloadIds = ({ prompt, generate }) => letterIds(prompt + generate);

/** @param {string} checkpoint @returns {import("../checkpoint/gpt2.js").Gpt2Shape} */
export const shapeOf = (checkpoint) => JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
