/** node bench.js [DISCIPLINE...] [options]: contenders in turn, for several rounds, side by side in RESULTS.md; see README.md. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { completeCheckpoint, generateCheckpoint, isCheckpoint } from "./checkpoint/generate.js";
import { gpt2Small } from "./checkpoint/gpt2.js";
import { count } from "./count.js";
import { disciplineNames, disciplines } from "./disciplines.js";
import { defaultWorkload } from "./inference/workload.js";
import { modelNames } from "./native/model.js";
import { report } from "./report.js";
import { runRounds } from "./rounds.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    checkpoint: { type: "string", default: defaultWorkload.checkpoint },
    threads: { type: "string", default: String(defaultWorkload.threads) },
    prompt: { type: "string", default: String(defaultWorkload.prompt) },
    generate: { type: "string", default: String(defaultWorkload.generate) },
    "llama-bench": { type: "string", default: defaultWorkload.llamaBench },
    model: { type: "string", multiple: true, default: [...defaultWorkload.models] },
    long: { type: "string", default: String(defaultWorkload.long) },
    rounds: { type: "string", default: "3" },
    node: { type: "string", multiple: true, default: [process.execPath] },
    only: { type: "string", multiple: true, default: [""] },
    skip: { type: "string", multiple: true, default: [] },
    output: { type: "string", default: fileURLToPath(new URL("RESULTS.md", import.meta.url)) },
  },
});
const workload = {
  checkpoint: resolve(values.checkpoint),
  threads: count("threads", values.threads),
  prompt: count("prompt", values.prompt),
  generate: count("generate", values.generate),
  llamaBench: values["llama-bench"] && resolve(values["llama-bench"]),
  models: values.model,
  long: values.long === "0" ? 0 : count("long", values.long),
};
const rounds = count("rounds", values.rounds);
const unknown = positionals.filter((name) => !disciplineNames.some((one) => one === name));
if (unknown.length > 0) {
  throw new RangeError(`${unknown[0]}: expected ${disciplineNames.join(", ")}, or none of them for all`);
}
const unknownModel = workload.models.find((name) => !modelNames.includes(name));
if (unknownModel !== undefined) {
  throw new RangeError(`--model ${unknownModel}: expected ${modelNames.join(", ")}`);
}
const log = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

const isChosenDiscipline = (/** @type {string} */ name) =>
  positionals.length === 0 || positionals.includes(name);
if (!disciplineNames.some((name) => name !== "native" && isChosenDiscipline(name))) {
  // It has files of its own.
} else if (isCheckpoint(workload.checkpoint)) {
  await completeCheckpoint(workload.checkpoint);
} else if (workload.checkpoint === defaultWorkload.checkpoint) {
  log("writing the random checkpoint");
  await generateCheckpoint(workload.checkpoint, gpt2Small, 1);
} else {
  throw new RangeError(`${workload.checkpoint}: no checkpoint; generate-checkpoint.js writes one`);
}

const nodes = values.node.map((binary) => {
  const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim().slice(1);
  return { binary, version };
});
const isChosen = (/** @type {{ name: string }} */ { name }) =>
  values.only.some((part) => name.includes(part)) && !values.skip.some((part) => name.includes(part));

// What was measured before stays in the report, with its date, until its discipline is run again.
const record = values.output.replace(/(\.md)?$/, ".json");
/** @type {import("./disciplines.js").Results} */
const results = existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : {};

for (const name of disciplineNames) {
  if (!isChosenDiscipline(name)) continue;
  const trials = disciplines[name].trials(nodes, workload).filter(isChosen);
  if (trials.length === 0) continue;
  disciplines[name].prepare?.();
  const [load] = loadavg();
  log(`${name}: ${trials.length} contenders, load average ${load.toFixed(1)}`);
  results[name] = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${platform()} ${arch()}`,
    load,
    workload,
    outcomes: await runRounds(trials, rounds, log),
  };
  writeFileSync(record, JSON.stringify(results));
  writeFileSync(values.output, report(results));
}
log(values.output);
