/** How many columns of a terminal a text takes. */
import stringWidth from "string-width";

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Combining marks take none, East Asian wide characters and emoji two. */
export const textWidth = (text: string): number => (isPlain(text) ? text.length : stringWidth(text));

const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** Breaks a text into lines of at most `columns`. A wider character has a line of its own. */
export function broken(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const { segment } of characters.segment(text)) {
    const more = textWidth(segment);
    if (line !== "" && width + more > columns) {
      lines.push(line);
      line = "";
      width = 0;
    }
    line += segment;
    width += more;
  }
  return [...lines, line];
}

/** Spaces after a text, up to a width. */
export const padEnd = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - textWidth(text)));

/** Spaces before a text, up to a width. */
export const padStart = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - textWidth(text))) + text;
