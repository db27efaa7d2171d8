/** One of N processes that share a work: which block of the lines or items is its own. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Consecutive items of a whole. */
export interface Block {
  /** Items before the block. */
  readonly first: number;
  readonly count: number;
  /** Items of the whole. */
  readonly total: number;
}

/** Blocks of all shards follow each other, and their sizes differ by one at most. */
export function blockOf({ index, count }: Shard, total: number): Block {
  const begin = (shard: number) => Number((BigInt(shard) * BigInt(total)) / BigInt(count));
  const first = begin(index);
  return { first, count: begin(index + 1) - first, total };
}

/** The items of a list that a block holds, where the list begins after `before` items of the whole. */
export function within(
  { first, count }: Block,
  before: number,
  size: number,
): { begin: number; end: number } {
  const inside = (item: number) => Math.min(size, Math.max(0, item - before));
  return { begin: inside(first), end: inside(first + count) };
}

/** I/N, as people write it. */
export const shardName = ({ index, count }: Shard): string => `${index + 1}/${count}`;
