/** The tag before a text that names the language to translate it into (Marian). */

const [OPEN, CLOSE] = [">>", "<<"];

/** The tag `>>fra<<` that a text begins with, with the rest of the text. */
export function leadingTag(text: string): { readonly tag: string; readonly rest: string } | undefined {
  const end = text.startsWith(OPEN) ? text.indexOf(CLOSE) : -1;
  if (end === -1) return undefined;
  return { tag: text.slice(0, end + CLOSE.length), rest: text.slice(end + CLOSE.length) };
}
