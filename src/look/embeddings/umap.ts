/**
 * A map of vectors on which near ones stay near (UMAP, McInnes et al. 2018), by the cosine. Distances between
 * groups mean little. The same vectors and seed give the same map. Differences from the paper: the neighbours
 * are exact, and the map begins with principal components. umap-js would be 89 kB, most of it for a curve fit.
 */
import { Random } from "../../generate/sampling/random.ts";
import { dot } from "../attribution/frozen.ts";
import { type Grid, zeros } from "../grid.ts";
import { principalComponents } from "./principal-components.ts";

/** Neighbours of a vector that the map keeps near. */
const NEIGHBOURS = 15;
const EPOCHS = 500;
/** Vectors that an edge pushes away for each time that it pulls. */
const PUSHED = 5;
/**
 * Nearness of two places at distance d is 1 / (1 + A d^(2 B)). Fitted to 1 up to a distance of 0.8 and
 * exp(0.8 - d) beyond: words are written at the places, so they need room.
 */
const A = 0.23206;
const B = 1.68124;
/** The farthest that a place moves at a time, and where the map begins. */
const MOST_STEP = 4;
const EXTENT = 10;
const SEED = 1;

interface Edge {
  readonly from: number;
  readonly to: number;
  /** In (0, 1]. */
  readonly weight: number;
}

/**
 * @param vectors [n, width]
 * @returns places, [n, 2]. Fewer than four vectors are placed by principal components
 */
export function umap(vectors: Grid, seed = SEED): Grid {
  const [n = 0] = vectors.shape;
  const places = zeros(n, 2);
  const { coordinates } = principalComponents(vectors);
  const most = coordinates.values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  const count = coordinates.shape[1] as number;
  for (const [i, value] of coordinates.values.entries()) {
    places.values[2 * Math.floor(i / count) + (i % count)] = (EXTENT * value) / most;
  }
  if (n >= 4) settle(places.values, edgesOf(vectors), new Random(seed));
  return places;
}

/** The fuzzy union of the neighbourhoods: a + b - a b for the weights a and b of both directions. */
function edgesOf(vectors: Grid): Edge[] {
  const [n = 0] = vectors.shape;
  const distances = distancesOf(vectors);
  const weights = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = distances.subarray(i * n, (i + 1) * n);
    const near = [...row.keys()]
      .filter((j) => j !== i)
      .sort((a, b) => (row[a] as number) - (row[b] as number));
    const own = near.slice(0, NEIGHBOURS);
    const nearness = nearnessOf(own.map((j) => row[j] as number));
    for (const [k, j] of own.entries()) weights[i * n + j] = nearness[k] as number;
  }
  const edges: Edge[] = [];
  for (let from = 0; from < n; from++) {
    for (let to = 0; to < from; to++) {
      const [a, b] = [weights[from * n + to] as number, weights[to * n + from] as number];
      if (a + b > 0) edges.push({ from, to, weight: a + b - a * b });
    }
  }
  return edges;
}

/** Of the vectors with length 1, [n, n]: the square is 2 - 2 cosine. */
function distancesOf({ shape, values }: Grid): Float64Array {
  const [n = 0, width = 0] = shape;
  const rows = Array.from({ length: n }, (_, i) => values.subarray(i * width, (i + 1) * width));
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)) || 1);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const cosine = dot(rows[i] as Float32Array, rows[j] as Float32Array);
    return Math.sqrt(Math.max(0, 2 - (2 * cosine) / ((lengths[i] as number) * (lengths[j] as number))));
  });
}

/** exp(-(d - nearest) / sigma) of sorted distances, with the sigma by which they sum to log2 of their number. */
function nearnessOf(distances: readonly number[]): number[] {
  const nearest = distances[0] as number;
  const by = (sigma: number) => distances.map((d) => Math.exp(-Math.max(0, d - nearest) / sigma));
  const wanted = Math.log2(distances.length + 1);
  let [low, high] = [1e-3, 1e3];
  for (let i = 0; i < 64; i++) {
    const sigma = Math.sqrt(low * high);
    if (by(sigma).reduce((a, b) => a + b, 0) > wanted) high = sigma;
    else low = sigma;
  }
  return by(Math.sqrt(low * high));
}

/** Stochastic gradient descent: an edge pulls its ends together as often as it weighs, and pushes others away. */
function settle(places: Float32Array, edges: readonly Edge[], random: Random): void {
  const n = places.length / 2;
  const heaviest = edges.reduce((most, { weight }) => Math.max(most, weight), 0);
  const move = (i: number, j: number, rate: number, force: (squared: number) => number, isBoth: boolean) => {
    const [x, y] = [
      (places[2 * i] as number) - (places[2 * j] as number),
      (places[2 * i + 1] as number) - (places[2 * j + 1] as number),
    ];
    const factor = force(x * x + y * y);
    for (const [axis, way] of [x, y].entries()) {
      const step = rate * Math.max(-MOST_STEP, Math.min(MOST_STEP, factor * way));
      places[2 * i + axis] = (places[2 * i + axis] as number) + step;
      if (isBoth) places[2 * j + axis] = (places[2 * j + axis] as number) - step;
    }
  };
  const pull = (d: number) => (d > 0 ? (-2 * A * B * d ** (B - 1)) / (1 + A * d ** B) : 0);
  const push = (d: number) => (2 * B) / ((0.001 + d) * (1 + A * d ** B));
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = 1 - epoch / EPOCHS;
    for (const { from, to, weight } of edges) {
      const share = weight / heaviest;
      if (Math.floor((epoch + 1) * share) === Math.floor(epoch * share)) continue;
      move(from, to, rate, pull, true);
      for (const end of [from, to]) {
        for (let k = 0; k < PUSHED; k++) {
          const other = Math.floor(random.uniform() * n);
          if (other !== end) move(end, other, rate, push, false);
        }
      }
    }
  }
}
