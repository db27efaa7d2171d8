/**
 * Selection by rank and weight in linear time. A vocabulary has up to 150,000 tokens. A sort of them for each
 * generated token would take longer than a small model does.
 */

/** From this distance on, in nats, all items share the last bucket: a token weighs e^-64 there. */
const FAR = 64;

/**
 * The smallest set of nearest items, the earlier one first among equals, whose weights add up to at least
 * `target`. It has at least one item, and all of them if their sum is below the target.
 *
 * A histogram of the weights tells in which bucket the target is reached; only that bucket is sorted.
 * @param distances at least 0
 * @param weights at least 0, one for each distance
 * @param target at least 0
 * @returns whether an item is in the set
 */
export function nearest(
  distances: Float64Array,
  weights: Float64Array,
  target: number,
): (item: number) => boolean {
  const histogram = new Float64Array(distances.length);
  const last = histogram.length - 1;
  const bucketOf = (distance: number) => Math.min(last, Math.floor(distance * (histogram.length / FAR)));
  for (let item = 0; item < distances.length; item++) {
    const bucket = bucketOf(distances[item] as number);
    histogram[bucket] = (histogram[bucket] as number) + (weights[item] as number);
  }
  const least = Math.max(target, Number.MIN_VALUE); // buckets without weight hold no nearest item
  let reached = 0;
  let boundary = 0;
  while (boundary < last && reached + (histogram[boundary] as number) < least) {
    reached += histogram[boundary++] as number;
  }

  const members: number[] = [];
  for (let item = 0; item < distances.length; item++) {
    if (bucketOf(distances[item] as number) === boundary) members.push(item);
  }
  members.sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b);
  const farthest = members.find((item) => {
    reached += weights[item] as number;
    return reached >= least;
  });
  if (farthest === undefined) return () => true;

  const limit = distances[farthest] as number;
  return (item) => {
    const distance = distances[item] as number;
    return distance < limit || (distance === limit && item <= farthest);
  };
}
