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
 */

/** @type {Readonly<Workload>} */
export const defaultWorkload = { checkpoint: defaultCheckpoint, threads: 2, prompt: 512, generate: 64 };

/**
 * The ids of the whole sequence: fixed ones, so that engines whose logits differ in the last bit stay on one path, and
 * such as a text can be given for.
 *
 * @param {Workload} workload
 */
export const workloadIds = ({ prompt, generate }) => letterIds(prompt + generate);

/** @param {string} checkpoint @returns {import("../checkpoint/gpt2.js").Gpt2Shape} */
export const shapeOf = (checkpoint) => JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
