/** Backslash escapes in the strings of a template, as in Python's source text. */
const CHARACTERS: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;

/** A backslash before any other character stands for itself. */
export const decodeEscapes = (text: string): string =>
  text.replace(ESCAPE, (whole: string, x?: string, u?: string, long?: string, octal?: string, one = "") => {
    const hex = x ?? u ?? long;
    const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
    if (Number.isNaN(code)) return CHARACTERS[one] ?? whole;
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
