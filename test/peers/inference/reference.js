/** GPT-2 in float64, one position after another, as the paper writes it: what every engine's logits are held to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { weightsFile } from "../checkpoint/generate.js";
import { layerNormEpsilon } from "../checkpoint/gpt2.js";
import { tensorReader } from "../checkpoint/safetensors.js";

/** @param {Float64Array} x @param {Float64Array} gain @param {Float64Array} bias */
function layerNorm(x, gain, bias) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return Float64Array.from(
    x,
    (value, i) => ((value - mean) / Math.sqrt(variance + layerNormEpsilon)) * gain[i] + bias[i],
  );
}

/**
 * x W + b, with W stored [inputs, outputs].
 *
 * @param {Float64Array} x @param {Float64Array} weight @param {Float64Array} bias
 */
function linear(x, weight, bias) {
  const y = Float64Array.from(bias);
  for (let input = 0; input < x.length; input++) {
    const row = weight.subarray(input * y.length, (input + 1) * y.length);
    for (let output = 0; output < y.length; output++) y[output] += x[input] * row[output];
  }
  return y;
}

/** GELU in its tanh approximation. */
const gelu = (/** @type {number} */ x) =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const add = (/** @type {Float64Array} */ x, /** @type {Float64Array} */ y) =>
  Float64Array.from(x, (value, i) => value + y[i]);
const dot = (/** @type {Float64Array} */ x, /** @type {Float64Array} */ y) =>
  x.reduce((sum, value, i) => sum + value * y[i], 0);

/**
 * @param {string} directory  of a GPT-2 checkpoint
 * @param {readonly number[]} ids
 * @returns {Float64Array[]} the logits at every position
 */
export function referenceLogits(directory, ids) {
  const config = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));
  const read = tensorReader(join(directory, weightsFile));
  const weight = (/** @type {string} */ name) => Float64Array.from(read(name));
  const row = (/** @type {Float64Array} */ table, /** @type {number} */ i) =>
    table.subarray(i * config.n_embd, (i + 1) * config.n_embd);
  const wte = weight("wte.weight");
  const wpe = weight("wpe.weight");

  let rows = ids.map((id, position) => add(row(wte, id), row(wpe, position)));
  for (let layer = 0; layer < config.n_layer; layer++) {
    rows = block(rows, config.n_head, (name) => weight(`h.${layer}.${name}`));
  }
  const [gain, bias] = [weight("ln_f.weight"), weight("ln_f.bias")];
  return rows.map((x) => {
    const final = layerNorm(x, gain, bias);
    return Float64Array.from({ length: config.vocab_size }, (_, id) => dot(final, row(wte, id)));
  });
}

/**
 * @param {readonly Float64Array[]} rows
 * @param {number} heads
 * @param {(name: string) => Float64Array} weight
 */
function block(rows, heads, weight) {
  /** @type {(name: string) => [Float64Array, Float64Array]} */
  const pair = (name) => [weight(`${name}.weight`), weight(`${name}.bias`)];
  const [norm1, norm2] = [pair("ln_1"), pair("ln_2")];
  const [qkv, project] = [pair("attn.c_attn"), pair("attn.c_proj")];
  const [up, down] = [pair("mlp.c_fc"), pair("mlp.c_proj")];

  const projected = rows.map((x) => linear(layerNorm(x, ...norm1), ...qkv));
  return rows.map((x, position) => {
    const attended = attend(projected.slice(0, position + 1), x.length, x.length / heads);
    const residual = add(x, linear(attended, ...project));
    const hidden = linear(layerNorm(residual, ...norm2), ...up).map(gelu);
    return add(residual, linear(hidden, ...down));
  });
}

/**
 * The attention of the last position over all.
 *
 * @param {readonly Float64Array[]} qkv  queries, keys and values of every position, side by side
 * @param {number} width @param {number} headDim
 */
function attend(qkv, width, headDim) {
  const out = new Float64Array(width);
  for (let head = 0; head < width; head += headDim) {
    const part = (/** @type {Float64Array} */ x, /** @type {number} */ which) =>
      x.subarray(which * width + head, which * width + head + headDim);
    const query = part(qkv[qkv.length - 1], 0);
    const scores = qkv.map((x) => dot(query, part(x, 1)) / Math.sqrt(headDim));
    const highest = Math.max(...scores);
    const shares = scores.map((score) => Math.exp(score - highest));
    const total = shares.reduce((sum, share) => sum + share, 0);
    qkv.forEach((x, position) => {
      part(x, 2).forEach((value, i) => {
        out[head + i] += (shares[position] / total) * value;
      });
    });
  }
  return out;
}
