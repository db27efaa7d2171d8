/** Numbers and facts for people. Programs read --json. */

/** 1234567 -> "1,234,567". Without Intl, whose first use takes ten milliseconds. */
export const thousands = (count: number): string =>
  `${count}`.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");

/** "1 line", "2,000 lines". */
export const counted = (count: number, what: string): string =>
  `${thousands(count)} ${what}${count === 1 ? "" : "s"}`;

/** Three significant digits with a unit of 1,000: 124439808 -> "124M". */
export const approximately = (count: number): string =>
  count.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });

const byteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** 6923264 -> "6.92 MB": three digits, and whole bytes. */
export function bytes(count: number): string {
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const scaled = count / 1000 ** power;
  return `${power === 0 ? count : scaled.toPrecision(3)} ${byteUnits[power]}`;
}

/**
 * Names, which are ASCII, and facts about them, in two columns.
 *
 * @param columns of the page: longer facts are broken
 */
export function pairs(
  rows: readonly (readonly [name: string, fact: string])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const width = rows.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  const room = Math.max(NARROWEST, columns - width - 2);
  return rows
    .flatMap(([name, fact]) =>
      wrapped(fact, room).map((line, i) => `${(i === 0 ? name : "").padEnd(width)}  ${line}`.trimEnd()),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Columns of a help page: as many as the terminal has, at most 100. */
export const pageWidth = (): number => Math.min(100, process.stdout.columns || 100);

/** Characters of a column of text, at least. */
const NARROWEST = 20;

/** A text in lines of at most `columns` characters, broken at spaces. Spaces at the start of a line stay. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) /)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** A rate with three digits, or "-" without a measurement. */
export const perSecond = (count: number, milliseconds: number): string =>
  count > 0 && milliseconds > 0
    ? ((1000 * count) / milliseconds).toLocaleString("en-US", { maximumSignificantDigits: 3 })
    : "-";

/** Seconds in the two units that matter: 9.6 -> "10s", 125 -> "2m 05s", 7500 -> "2h 05m". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const padded = (count: number) => String(count).padStart(2, "0");
  if (hours > 0) return `${thousands(hours)}h ${padded(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${padded(whole % 60)}s` : `${whole}s`;
}
