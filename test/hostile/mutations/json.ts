/** Damages JSON so that it mostly still parses and reaches the readers. */
import type { TestRandom } from "../../reference/random.ts";

/** JSON with what only its text can have: names that come twice, and numbers that no double holds. */
type Json = null | boolean | number | string | RawJson | Json[] | { [name: string]: Json };

class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NUMBERS = [
  "0",
  "-1",
  "1",
  "2",
  "0.5",
  "2147483648",
  "9007199254740993",
  "9223372036854775808",
  "1e308",
  "1e999",
  "-0",
];
const VALUES = [
  "null",
  "true",
  "false",
  '""',
  '"x"',
  "[]",
  "{}",
  '"\\u0000\\ud800\\u202e"',
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  '{"type":"NFC"}',
];

/** Changes one thing about the structure of a JSON text. */
export function mutateJson(random: TestRandom, text: string): string {
  const root: { value: Json } = { value: JSON.parse(text) as Json };
  const places = placesIn(root);
  const { holder, name } = random.pick(places);
  mutatePlace(random, holder, name, places);
  return write(root.value);
}

interface Place {
  readonly holder: Record<string, Json>;
  readonly name: string;
}

/**
 * Every value with where it stands. Of long lists and vocabularies only the first and last: the rest is
 * alike.
 */
function placesIn(root: { value: Json }): Place[] {
  const places: Place[] = [];
  const visit = (holder: Record<string, Json>): void => {
    const names = Object.keys(holder);
    for (const [i, name] of names.entries()) {
      if (i >= 24 && i < names.length - 2) continue;
      places.push({ holder, name });
      const value = holder[name];
      if (typeof value === "object" && value !== null) visit(value as Record<string, Json>);
    }
  };
  visit(root as Record<string, Json>);
  return places;
}

function mutatePlace(
  random: TestRandom,
  holder: Record<string, Json>,
  name: string,
  places: readonly Place[],
): void {
  const value = holder[name] ?? null;
  const other = random.pick(places);
  switch (random.integer(9)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
      return;
    case 1:
      rename(holder, name, random.pick(["", "x", "__proto__", "constructor", other.name]));
      return;
    case 2:
    case 3:
      holder[name] = new RawJson(random.pick(NUMBERS));
      return;
    case 4:
      holder[name] = new RawJson(random.pick(VALUES));
      return;
    case 5:
      holder[name] = random.integer(2) === 0 ? [value, value] : { [name]: value };
      return;
    case 6:
      holder[name] = new RawJson(write(other.holder[other.name] ?? null));
      return;
    case 7:
      // The name stands twice in the text.
      if (!Array.isArray(holder))
        holder[name] = new RawJson(`${write(value)},${JSON.stringify(name)}:${random.pick(NUMBERS)}`);
      return;
    default:
      holder[name] = typeof value === "string" ? mutateText(random, value) : new RawJson(`-${write(value)}`);
  }
}

/** Where it stands; the names of a list are its places, and stay. */
function rename(holder: Record<string, Json>, name: string, newName: string): void {
  if (Array.isArray(holder)) return;
  const entries = Object.entries(holder).map(
    ([key, value]) => [key === name ? newName : key, value] as const,
  );
  for (const key of Object.keys(holder)) delete holder[key];
  for (const [key, value] of entries) {
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** For patterns, texts of tokens and names of parts. */
function mutateText(random: TestRandom, text: string): string {
  const at = random.integer(text.length + 1);
  const insert = random.pick([
    "(",
    ")",
    "[",
    "\\",
    "{2,1}",
    "(a+)+$",
    "*",
    " ",
    "\n",
    "\ud800",
    "é",
    "x".repeat(3000),
  ]);
  return random.integer(2) === 0
    ? text.slice(0, at) + insert + text.slice(at)
    : text.slice(0, at) + text.slice(at + 1);
}

function write(value: Json | undefined): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}:${write(item)}`)
    .join(",")}}`;
}
