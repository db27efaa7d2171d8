/** Numbers that files store as another function of a value: a divisor for a factor, a square for a root. */

/** The decimal with the fewest digits that gives the value again; else the nearest number. */
export function shortest(
  value: number,
  read: (stored: number) => number,
  write: (value: number) => number,
): number {
  const exact = write(value);
  for (let digits = 1; digits < 17; digits++) {
    const short = Number(exact.toPrecision(digits));
    if (read(short) === value) return short;
  }
  return exact;
}
