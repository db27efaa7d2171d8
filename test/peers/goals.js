/** What the project wants of each ratio, and what it measured. */
import { weightBytes } from "./checkpoint/gpt2.js";
import { readBandwidth } from "./inference/discipline.js";
import { shapeOf } from "./inference/workload.js";

/**
 * @typedef {import("./disciplines.js").DisciplineRecord} DisciplineRecord
 * @typedef {import("./rounds.js").Run} Run
 *
 * @typedef {object} Goal
 * @property {string} what
 * @property {import("./disciplines.js").DisciplineName} discipline
 * @property {number} limit  at least this, or at most where less is better
 * @property {number} [aim]
 * @property {boolean} [lessIsBetter]
 * @property {string} ours  a contender
 * @property {string} [theirs]  whose run of the same round is the other side
 * @property {(ours: Run, theirs: Run, record: DisciplineRecord) => number} of
 */

/** The runs' numbers by name, one over the other. @type {(key: string) => Goal["of"]} */
const ratio = (key) => (ours, theirs) => ours[key] / theirs[key];
/** Their time over ours. @type {Goal["of"]} */
const timeRatio = (ours, theirs) => theirs.time / ours.time;
/** A number of our run itself. @type {(key: string) => Goal["of"]} */
const own = (key) => (ours) => ours[key];

/** All weights but the table of positions are read for a token. @type {Goal["of"]} */
function shareOfBandwidth({ generation }, { bandwidth }, { workload }) {
  const shape = shapeOf(workload.checkpoint);
  const bytes = weightBytes(shape, "q8_0") - 4 * shape.n_positions * shape.n_embd;
  return (generation * bytes) / bandwidth;
}

/** Without the keys and values: 8 bits each, and a scale for each head. @type {Goal["of"]} */
function memoryOverWeights({ memory }, _, { workload }) {
  const shape = shapeOf(workload.checkpoint);
  const position = 2 * shape.n_layer * (shape.n_embd + 4 * shape.n_head);
  const cache = position * (workload.prompt + workload.generate);
  return (memory - cache) / weightBytes(shape, "q8_0");
}

const inference = /** @type {const} */ ({ discipline: "inference" });
const tokenization = /** @type {const} */ ({ discipline: "tokenization" });
const embedding = /** @type {const} */ ({ discipline: "embedding", what: "a text of 128 tokens" });
const translation = /** @type {const} */ ({ discipline: "translation", what: "greedy ids" });
/** Native llama.cpp runs the same file. @param {string} model @param {string} what @param {string} key @param {number} limit @param {number} aim */
const beside = (model, what, key, limit, aim) => ({
  discipline: /** @type {const} */ ("native"),
  what,
  ours: `gpt-simd ${model}`,
  theirs: `llama-bench ${model}`,
  of: ratio(key),
  limit,
  aim,
});
const training = /** @type {const} */ ({ discipline: "training" });

const [f32, q8, q4] = ["gpt-simd F32", "gpt-simd Q8_0", "gpt-simd Q4_0"];
const [relaxedF32, relaxedQ8] = ["gpt-simd relaxed F32", "gpt-simd relaxed Q8_0"];
const [llama, web, wllama] = ["node-llama-cpp Q8_0", "onnxruntime-web F32", "wllama Q8_0"];

/** @type {readonly Goal[]} */
export const goals = [
  {
    ...inference,
    what: "generation",
    ours: q8,
    theirs: llama,
    of: ratio("generation"),
    limit: 1.3,
    aim: 2.5,
  },
  { ...inference, what: "generation", ours: q4, theirs: q8, of: ratio("generation"), limit: 1.2, aim: 1.7 },
  { ...inference, what: "prompt", ours: q8, theirs: llama, of: ratio("prompt"), limit: 0.8, aim: 1.5 },
  { ...inference, what: "prompt", ours: relaxedQ8, theirs: llama, of: ratio("prompt"), limit: 0.8, aim: 1.5 },
  { ...inference, what: "prompt", ours: f32, theirs: web, of: ratio("prompt"), limit: 1.7, aim: 2 },
  { ...inference, what: "prompt", ours: relaxedF32, theirs: web, of: ratio("prompt"), limit: 2.5, aim: 4 },
  { ...inference, what: "prompt", ours: q8, theirs: wllama, of: ratio("prompt"), limit: 8, aim: 20 },
  { ...inference, what: "generation", ours: q8, theirs: wllama, of: ratio("generation"), limit: 4, aim: 8 },
  {
    ...inference,
    what: "weights read in generation",
    ours: q8,
    theirs: readBandwidth,
    of: shareOfBandwidth,
    limit: 0.6,
    aim: 0.85,
  },
  {
    ...inference,
    what: "time to load",
    ours: q8,
    theirs: llama,
    of: ratio("load"),
    limit: 3,
    aim: 1,
    lessIsBetter: true,
  },
  {
    ...inference,
    what: "peak memory without the cache, over the bytes of the weights",
    ours: q8,
    of: memoryOverWeights,
    limit: 1.6,
    aim: 1.2,
    lessIsBetter: true,
  },
  ...[f32, q8].flatMap((ours) => [
    {
      ...inference,
      what: "prompt",
      ours,
      theirs: `${ours}, 1 thread`,
      of: ratio("prompt"),
      limit: 1.7,
      aim: 1.9,
    },
    {
      ...inference,
      what: "generation",
      ours,
      theirs: `${ours}, 1 thread`,
      of: ratio("generation"),
      limit: 1.5,
      aim: 1.8,
    },
    {
      ...inference,
      what: "8 sequences together, over one after the other",
      ours,
      of: own("together"),
      limit: 3,
    },
  ]),
  ...["1B Q8_0", "1B Q4_0", "1B Q4_K_M"].flatMap((model) => [
    beside(model, "generation", "generation", 1, 1.15),
    beside(model, "prompt", "prompt", model === "1B Q4_K_M" ? 1 : 0.75, model === "1B Q8_0" ? 1 : 1.2),
    beside(model, "long prompt", "longPrompt", 0.8, 1.2),
    beside(model, "generation after a long prompt", "longGeneration", 1, 1.2),
  ]),
  ...["8B Q8_0", "8B Q4_K_M"].map((model) => beside(model, "generation", "generation", 0.9, 1.1)),
  ...["gpt-tokenizer", "@huggingface/tokenizers"].map((theirs) => ({
    ...tokenization,
    what: "10 MB of text",
    ours: "gpt-simd",
    theirs,
    of: ratio("speed"),
    limit: 1,
  })),
  { ...training, what: "step", ours: "gpt-simd", theirs: "PyTorch", of: ratio("speed"), limit: 0.5 },
  { ...training, what: "step", ours: "gpt-simd relaxed", theirs: "PyTorch", of: ratio("speed"), limit: 0.8 },
  ...["gpt-simd", "gpt-simd relaxed"].flatMap((ours) => [
    { ...embedding, ours, theirs: "onnxruntime-web", of: timeRatio, limit: 2 },
    { ...embedding, ours, theirs: "onnxruntime-node", of: timeRatio, limit: 1 },
    { ...translation, ours, theirs: "onnxruntime-web", of: ratio("speed"), limit: 2 },
  ]),
  {
    ...training,
    what: "peak memory over weights, gradients, moments and activations",
    ours: "gpt-simd",
    of: ({ memory, plan }) => memory / plan,
    limit: 1.25,
    lessIsBetter: true,
  },
];

/**
 * @param {Goal} goal
 * @param {DisciplineRecord} record
 * @returns {{ node: string, values: number[] }[]} a value a round, for each Node under which ours ran
 */
export function measured({ ours, theirs, of }, record) {
  const named = (/** @type {string | undefined} */ name) =>
    record.outcomes.filter((one) => one.name === name);
  return named(ours).flatMap(({ node, runs }) => {
    const partner = named(theirs).find((one) => one.node === node) ?? named(theirs)[0];
    if (theirs !== undefined && partner === undefined) return [];
    const values = runs.flatMap((run, round) => {
      const other = partner === undefined ? run : partner.runs[round];
      return run && other ? [of(run, other, record)] : [];
    });
    const numbers = values.filter((value) => !Number.isNaN(value)); // a part that was left out
    return numbers.length > 0 ? [{ node, values: numbers }] : [];
  });
}
