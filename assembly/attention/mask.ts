/**
 * Which positions a row sees: [firstSeen, endSeen). Three numbers say it for every mask. A row at position i
 * sees i - past to i + future, and with a chunk none before its own chunk, which begins at a multiple of
 * `chunk`. A number of 2^31 - 1 is no bound.
 *
 *           past      future    chunk
 *   causal  no bound  0         0
 *   window  size - 1  0         0
 *   chunk   no bound  0         size
 *   full    no bound  no bound  0
 *   band    size      size      0
 */

export function firstSeen(position: usize, past: usize, chunk: usize): usize {
  if (chunk != 0) return position - (position % chunk);
  return position > past ? position - past : 0;
}

/** @param length positions of the sequence whose keys the row reads */
export function endSeen(position: usize, future: usize, length: usize): usize {
  return min(position + future + 1, length);
}

/** Element of u32 [rows]. */
export function at(numbers: usize, row: usize): usize {
  return <usize>load<u32>(numbers + (row << 2));
}
