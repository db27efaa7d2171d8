/** Dates as C's strftime writes them in the C locale. */
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const DAY_MS = 86_400_000;

const two = (value: number) => String(value).padStart(2, "0");

/** Days since the first of January of the date's year. */
const dayOfYear = (date: Date): number =>
  Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) /
      DAY_MS,
  );

const codes: Readonly<Record<string, (date: Date) => string>> = {
  A: (date) => DAYS[date.getDay()] ?? "",
  B: (date) => MONTHS[date.getMonth()] ?? "",
  D: (date) => strftime(date, "%m/%d/%y"),
  F: (date) => strftime(date, "%Y-%m-%d"),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  M: (date) => two(date.getMinutes()),
  R: (date) => strftime(date, "%H:%M"),
  S: (date) => two(date.getSeconds()),
  T: (date) => strftime(date, "%H:%M:%S"),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7)),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7)),
  X: (date) => strftime(date, "%H:%M:%S"),
  Y: (date) => String(date.getFullYear()),
  Z: () => "",
  a: (date) => (DAYS[date.getDay()] ?? "").slice(0, 3),
  b: (date) => (MONTHS[date.getMonth()] ?? "").slice(0, 3),
  c: (date) => strftime(date, "%a %b %e %H:%M:%S %Y"),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  f: (date) => `${String(date.getMilliseconds()).padStart(3, "0")}000`,
  h: (date) => strftime(date, "%b"),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, "0"),
  k: (date) => String(date.getHours()).padStart(2),
  l: (date) => String(date.getHours() % 12 || 12).padStart(2),
  m: (date) => two(date.getMonth() + 1),
  n: () => "\n",
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  t: () => "\t",
  u: (date) => String(date.getDay() || 7),
  w: (date) => String(date.getDay()),
  x: (date) => strftime(date, "%m/%d/%y"),
  y: (date) => two(date.getFullYear() % 100),
  z: () => "",
  "%": () => "%",
};

/** `%-d` is without its zero. A code that C does not know stays as it is. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, minus: string, code: string) => {
    const value = codes[code]?.(date) ?? whole;
    return minus === "" ? value : value.replace(/^[0 ]+(?=.)/, "");
  });
}
