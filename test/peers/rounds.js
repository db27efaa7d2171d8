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
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string} node  version of the Node that ran it
 * @property {any[]} runs  one a round, as the trial printed it
 * @property {string} unavailable  why there is none, or ""
 */

const run = promisify(execFile);
const patience = 10 * 60 * 1000;

/**
 * @param {readonly Trial[]} trials
 * @param {number} rounds
 * @param {(line: string) => void} log
 * @returns {Promise<Outcome[]>}
 */
export async function runRounds(trials, rounds, log) {
  const entries = trials.map((trial) => ({
    trial,
    outcome: /** @type {Outcome} */ ({ name: trial.name, node: trial.node.version, runs: [], unavailable: "" }),
  }));
  for (let round = 1; round <= rounds; round++) {
    // Back and forth, so that a machine that becomes slower or faster favours nobody.
    for (const { trial, outcome } of round % 2 === 1 ? entries : entries.toReversed()) {
      if (outcome.unavailable) continue;
      const result = await runTrial(trial);
      if (result.unavailable) outcome.unavailable = result.unavailable;
      else outcome.runs.push(result);
      const said = outcome.unavailable ? `not run, ${outcome.unavailable}` : brief(result);
      log(`round ${round} of ${rounds}: ${trial.name}, Node ${trial.node.version}: ${said}`);
    }
  }
  // A trial that failed in one round has no partner there: its rounds would no longer be the others'.
  for (const { outcome } of entries) if (outcome.unavailable) outcome.runs = [];
  return entries.map(({ outcome }) => outcome);
}

/** @param {Trial} trial @returns {Promise<any>} a failure does not end the run of the others */
async function runTrial({ node, args }) {
  try {
    const { stdout } = await run(node.binary, args, { timeout: patience });
    return JSON.parse(stdout.slice(stdout.trimEnd().lastIndexOf("\n") + 1));
  } catch (error) {
    const lines = String(error instanceof Error && "stderr" in error ? error.stderr : error).split("\n");
    const line = lines.find((line) => /error/i.test(line)) ?? lines[0];
    return { unavailable: `failed: ${line.trim().slice(0, 200) || "no answer in time"}` };
  }
}

/** The numbers of a measurement on one line. @param {any} result */
function brief(result) {
  const numbers = Object.entries(result).filter(([, value]) => typeof value === "number");
  return numbers.map(([key, value]) => `${key} ${Number(value.toPrecision(3))}`).join(", ");
}
