/** Two answers beside each other, each wrapped to half of the screen. */
import { printable } from "../../terminal/output.ts";
import type { Style } from "../../terminal/style.ts";
import { broken, padEnd, textWidth } from "../../terminal/width.ts";
import type { ShownPair } from "./pairs.ts";

const BETWEEN = " │ ";
const NARROWEST = 16;

/** @param columns of the screen */
export function sideBySide({ prompt, left, right }: ShownPair, columns: number, style: Style): string {
  const width = Math.max(NARROWEST, Math.floor((columns - BETWEEN.length) / 2));
  const [one, other] = [linesOf(`1  ${left.trim()}`, width), linesOf(`2  ${right.trim()}`, width)];
  const rows = Array.from({ length: Math.max(one.length, other.length) }, (_, i) =>
    `${padEnd(one[i] ?? "", width)}${BETWEEN}${other[i] ?? ""}`.trimEnd(),
  );
  const asked = linesOf(prompt, 2 * width + BETWEEN.length).map((line) => style.dim(line));
  return [...asked, ...rows].join("\n");
}

/** A word that is wider than the column is cut. */
function linesOf(text: string, width: number): string[] {
  return printable(text)
    .split("\n")
    .flatMap((paragraph) => {
      const lines = [""];
      for (const word of paragraph.split(" ").flatMap((word) => broken(word, width))) {
        const line = lines.at(-1) ?? "";
        const longer = line === "" ? word : `${line} ${word}`;
        if (textWidth(longer) <= width) lines[lines.length - 1] = longer;
        else lines.push(word);
      }
      return lines;
    });
}
