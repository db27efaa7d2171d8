/**
 * A number with some decimals, as Python prints it: a value half way between two goes to the even one. The
 * method `toFixed` goes up: 56.25 would be 56.3.
 */
export function fixed(value: number, decimals: number): string {
  const up = value.toFixed(decimals);
  const all = value.toFixed(Math.min(100, decimals + 60)); // all digits of a double of 1e-4 or more
  const rest = all.slice(all.indexOf(".") + 1 + decimals);
  if (!/^50*$/.test(rest)) return up;
  const down = all.slice(0, all.length - rest.length).replace(/\.$/, "");
  return /[02468]$/.test(down) ? down : up;
}
