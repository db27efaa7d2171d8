/** llama.cpp as Node's users get it: native code, the package's prebuilt binaries, no GPU, its default options. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ggufFile } from "../../checkpoint/generate.js";
import { importPackage, Unavailable } from "../../trial.js";

/** @typedef {import("node-llama-cpp").Token} Token */
/** @typedef {import("node-llama-cpp").LlamaContextSequence} LlamaSequence */

/**
 * @param {string} modelPath  a GGUF file
 * @param {number} threads
 */
export async function openLlama(modelPath, threads) {
  const { getLlama, LlamaLogLevel } = await importPackage(() => import("node-llama-cpp"));
  const logLevel = LlamaLogLevel.error;
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: threads, logLevel }).catch(
    (error) => {
      throw new Unavailable(`no prebuilt binary runs here: ${error.message}`);
    },
  );
  const model = await llama.loadModel({ modelPath });
  return { llama, context: await model.createContext({ threads }) };
}

/** Options under which the probabilities are those of the logits as they are. */
const unchanged = { temperature: 1, topK: 0, topP: 1, minP: 0 };

/**
 * The logarithms of the probabilities after the last id: the logits but for a constant. The package tells no logits.
 *
 * @param {LlamaSequence} sequence
 * @param {readonly number[]} ids
 */
export async function llamaLogits(sequence, ids) {
  const tokens = /** @type {readonly Token[]} */ (ids);
  const last = ids.length - 1;
  const outputs = await sequence.controlledEvaluate([
    ...tokens.slice(0, last),
    [tokens[last], { generateNext: { probabilities: true, options: unchanged } }],
  ]);
  const probabilities = outputs[last]?.next.probabilities ?? new Map();
  const out = new Float32Array(probabilities.size);
  for (const [id, probability] of probabilities) out[id] = Math.log(probability);
  return out;
}

/** @type {import("../engine.js").Engine} */
export const nodeLlamaCpp = {
  async load(checkpoint, { threads, type }) {
    const file = join(checkpoint, ggufFile(type));
    if (!existsSync(file)) throw new Unavailable(`the checkpoint has no ${ggufFile(type)}`);
    const { llama, context } = await openLlama(file, threads);
    const { getModuleVersion } = await import("node-llama-cpp");
    return {
      version: await getModuleVersion(),
      start: () => forcedSequence(context.getSequence()),
      close: () => llama.dispose(),
    };
  },
};

/**
 * A greedy generation that is told what follows: an id that `evaluate` is given takes the place of the one it chose.
 *
 * @param {LlamaSequence} sequence
 * @returns {import("../engine.js").Sequence}
 */
function forcedSequence(sequence) {
  /** @type {ReturnType<LlamaSequence["evaluate"]> | undefined} */
  let generation;
  return {
    async append(ids) {
      const tokens = /** @type {Token[]} */ ([...ids]);
      const given = generation && tokens;
      generation ??= sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true });
      return Number((await generation.next(given)).value);
    },
    logits: (ids) => llamaLogits(sequence, ids),
    async close() {
      await generation?.return();
      await sequence.dispose();
    },
  };
}
