/** Interleaved rounds: every round runs every trial once, each in a process of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * @typedef {object} Node  a binary that runs trials
 * @property {string} binary
 * @property {string} version
 *
 * @typedef {object} Trial
 * @property {string} name  of the contender
 * @property {Node} node
 * @property {string[]} args  of Node: a script and what it is given
 *
 * @typedef {Record<string, any>} Run  what a trial printed
 *
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string} node  version of the Node that ran it
 * @property {(Run | null)[]} runs  one a round; null where it failed
 * @property {string} unavailable  why there are none, or ""
 */

const execute = promisify(execFile);
const patience = 5 * 60 * 1000;

/**
 * @param {readonly Trial[]} trials
 * @param {number} rounds
 * @param {(line: string) => void} log
 * @returns {Promise<Outcome[]>}
 */
export async function runRounds(trials, rounds, log) {
  const entries = trials.map(({ name, node, args }) => {
    /** @type {Outcome} */
    const outcome = { name, node: node.version, runs: [], unavailable: "" };
    return { node, args, outcome };
  });
  for (let round = 1; round <= rounds; round++) {
    // Back and forth, so that a machine that becomes slower or faster favours nobody.
    for (const { node, args, outcome } of round % 2 === 1 ? entries : entries.toReversed()) {
      if (outcome.unavailable) continue;
      const { unavailable, ...run } = await runTrial(node, args);
      outcome.runs.push(unavailable ? null : run);
      if (unavailable && round === 1) outcome.unavailable = unavailable;
      log(
        `round ${round} of ${rounds}: ${outcome.name}, Node ${node.version}: ${unavailable ?? numbers(run)}`,
      );
    }
  }
  return entries.map(({ outcome }) => outcome);
}

/** The runs that did not fail. @param {Outcome} outcome @returns {Run[]} */
export const runsOf = ({ runs }) => runs.filter((run) => run !== null);

/** A failure does not end the run of the others. @param {Node} node @param {string[]} args @returns {Promise<Run>} */
async function runTrial(node, args) {
  try {
    const { stdout } = await execute(node.binary, args, { timeout: patience });
    return JSON.parse(stdout.slice(stdout.trimEnd().lastIndexOf("\n") + 1));
  } catch (error) {
    const { killed = false, stderr = "" } = /** @type {{ killed?: boolean, stderr?: string }} */ (error);
    if (killed) return { unavailable: `no answer in ${patience / 60_000} minutes` };
    const said = (stderr || String(error)).split("\n");
    return { unavailable: `failed: ${(said.find((line) => /^\w*Error\b/.test(line)) ?? said[0]).trim()}` };
  }
}

/** @param {Run} run */
function numbers(run) {
  const entries = Object.entries(run).filter(([, value]) => typeof value === "number");
  return entries.map(([key, value]) => `${key} ${Number(value.toPrecision(3))}`).join(", ");
}
