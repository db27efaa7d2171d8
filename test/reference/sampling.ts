/** The sampler's steps as the papers say them: tokens as objects, everything sorted, Math.exp. */

export interface Token {
  readonly id: number;
  readonly logit: number;
}

export const tokensOf = (logits: Float32Array): Token[] =>
  Array.from(logits, (logit, id) => ({ id, logit })).filter(({ logit }) => logit > -Infinity);

export function softmax(tokens: readonly Token[]): number[] {
  const max = Math.max(...tokens.map(({ logit }) => logit));
  const weights = tokens.map(({ logit }) => Math.exp(logit - max));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

const byLikelihood = (tokens: readonly Token[]): Token[] =>
  tokens.toSorted((a, b) => b.logit - a.logit || a.id - b.id);

export const topK = (tokens: readonly Token[], k: number): Token[] => byLikelihood(tokens).slice(0, k);

function reach(tokens: readonly Token[], probabilities: readonly number[], mass: number): Token[] {
  let reached = 0;
  const count = probabilities.findIndex((probability) => {
    reached += probability;
    return reached >= mass;
  });
  return tokens.slice(0, count < 0 ? tokens.length : count + 1);
}

export function topP(tokens: readonly Token[], mass: number): Token[] {
  const sorted = byLikelihood(tokens);
  return reach(sorted, softmax(sorted), mass);
}

export function typicalP(tokens: readonly Token[], mass: number): Token[] {
  const probabilities = softmax(tokens);
  const entropy = probabilities.reduce((sum, p) => sum - p * Math.log(p), 0);
  const ranked = tokens
    .map((token, i) => ({ token, p: probabilities[i] ?? 0 }))
    .map(({ token, p }) => ({ token, p, distance: Math.abs(-Math.log(p) - entropy) }))
    .toSorted((a, b) => a.distance - b.distance || a.token.id - b.token.id);
  return reach(
    ranked.map(({ token }) => token),
    ranked.map(({ p }) => p),
    mass,
  );
}

export function minP(tokens: readonly Token[], share: number): Token[] {
  const probabilities = softmax(tokens);
  const max = Math.max(...probabilities);
  return tokens.filter((_, i) => (probabilities[i] ?? 0) >= share * max);
}

export const temperature = (tokens: readonly Token[], degree: number): Token[] =>
  tokens.map(({ id, logit }) => ({ id, logit: logit / degree }));
