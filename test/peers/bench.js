/** node bench.js [options]: every contender in turn, for several rounds, side by side in RESULTS.md; see README.md. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { generateCheckpoint, isCheckpoint, writeGraphs } from "./checkpoint/generate.js";
import { gpt2Small } from "./checkpoint/gpt2.js";
import { contender, contenders } from "./contenders.js";
import { count } from "./count.js";
import { report } from "./report.js";
import { defaultWorkload } from "./workload.js";

const { values } = parseArgs({
  options: {
    checkpoint: { type: "string", default: defaultWorkload.checkpoint },
    threads: { type: "string", default: String(defaultWorkload.threads) },
    prompt: { type: "string", default: String(defaultWorkload.prompt) },
    generate: { type: "string", default: String(defaultWorkload.generate) },
    rounds: { type: "string", default: "5" },
    node: { type: "string", multiple: true, default: [process.execPath] },
    only: { type: "string", multiple: true, default: contenders.map(({ name }) => name) },
    output: { type: "string", default: fileURLToPath(new URL("RESULTS.md", import.meta.url)) },
  },
});
const workload = {
  checkpoint: resolve(values.checkpoint),
  threads: count("threads", values.threads),
  prompt: count("prompt", values.prompt),
  generate: count("generate", values.generate),
};

const run = promisify(execFile);
const measureScript = fileURLToPath(new URL("measure.js", import.meta.url));

if (workload.checkpoint === defaultWorkload.checkpoint) {
  if (isCheckpoint(workload.checkpoint)) {
    writeGraphs(workload.checkpoint); // in no time, so that they are those of this version
  } else {
    process.stderr.write("writing the random checkpoint\n");
    generateCheckpoint(workload.checkpoint, gpt2Small, 1);
  }
}

/** @type {import("./report.js").Entry[]} */
const entries = [];
for (const binary of values.node) {
  const version = (await run(binary, ["--version"])).stdout.trim().slice(1);
  const node = { binary, version };
  entries.push(
    ...values.only.map((name) => ({ contender: contender(name), node, runs: [], unavailable: "" })),
  );
}

const rounds = count("rounds", values.rounds);
for (let round = 1; round <= rounds; round++) {
  // Back and forth, so that a machine that becomes slower or faster favours nobody.
  for (const entry of round % 2 === 1 ? entries : entries.toReversed()) {
    if (!entry.unavailable) process.stderr.write(`round ${round} of ${rounds}: ${await measure(entry)}\n`);
  }
}
writeFileSync(values.output, report(entries, workload));
process.stderr.write(`${values.output}\n`);

/**
 * One run, in a process of its own.
 *
 * @param {import("./report.js").Entry} entry
 * @returns {Promise<string>} what there is to say about it
 */
async function measure(entry) {
  const name = `${entry.contender.name}, Node ${entry.node.version}`;
  const args = [measureScript, entry.contender.name, JSON.stringify(workload)];
  const { stdout } = await run(entry.node.binary, args);
  const result = JSON.parse(stdout.slice(stdout.trimEnd().lastIndexOf("\n") + 1));
  if (result.unavailable) {
    entry.unavailable = result.unavailable;
    return `${name}: not run, ${result.unavailable}`;
  }
  entry.runs.push(result);
  const [prompt, generation] = [result.prompt, result.generation].map((phase) =>
    phase.tokensPerSecond.toFixed(1),
  );
  return `${name}: prompt ${prompt}, generation ${generation} tokens/s`;
}
