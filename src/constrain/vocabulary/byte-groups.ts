/**
 * Bytes in at most 32 groups that grammars tell apart, a bit for each, so that one number says which bytes
 * stand below a node of the tree.
 */

/** Bytes that most grammars treat alike, as texts. Other ASCII bytes share the last group but two. */
const GROUPS = [
  ..."\n \"\\'-.,:;_/0",
  ..."\r\t",
  "123456789",
  "abcdef",
  "ghijklmnopqrstuvwxyz",
  "ABCDEF",
  "GHIJKLMNOPQRSTUVWXYZ",
  "()",
  "[]",
  "{}",
  "<>",
  "+*=",
  "!?",
  "@#$%&^~|`",
];

/** Characters of several bytes that are whole. */
export const WHOLE = 1 << 30;
/** Bytes beyond ASCII that are a part of a character only, or of none. */
export const BROKEN = 1 << 31;

/** The bit of each ASCII byte; zero for other bytes. */
export const groupOf = Int32Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return 0;
  const group = GROUPS.findIndex((members) => members.includes(String.fromCharCode(byte)));
  return 1 << (group < 0 ? GROUPS.length : group);
});

/** How far a byte leads into a character of UTF-8. */
export interface Utf8Step {
  /** Bytes that the character still needs. */
  readonly pending: number;
  /** The range of the next of them. */
  readonly low: number;
  readonly high: number;
  readonly isBroken: boolean;
}

const between: Utf8Step = { pending: 0, low: 0, high: 0, isBroken: false };
const broken: Utf8Step = { ...between, isBroken: true };
const rest = [1, 2, 3].map((pending): Utf8Step => ({ pending, low: 0x80, high: 0xbf, isBroken: false }));

/** The steps of lead bytes (RFC 3629, section 4). */
const leads = Array.from({ length: 256 }, (_, byte): Utf8Step => {
  if (byte < 0x80) return between;
  if (byte < 0xc2 || byte > 0xf4) return broken;
  const step = rest[byte < 0xe0 ? 0 : byte < 0xf0 ? 1 : 2] as Utf8Step;
  const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : step.low;
  const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : step.high;
  return { ...step, low, high };
});

/** The step after one more byte. */
export function utf8Step({ pending, low, high }: Utf8Step, byte: number): Utf8Step {
  if (pending === 0) return leads[byte] as Utf8Step;
  if (byte < low || byte > high) return broken;
  return pending === 1 ? between : (rest[pending - 2] as Utf8Step);
}

export const firstStep = between;
