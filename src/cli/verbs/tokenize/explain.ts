/** `gpt tokenize --explain`: how a text became tokens, for people and for programs. */

import { countPieces, normalizedText } from "../../../library/explanation.ts";
import {
  type AppliedMerge,
  type ExplainedPiece,
  type Explanation,
  idsOf,
  type PipelineTokenizer,
} from "../../../tokenizer/index.ts";
import { formatIds } from "../../flags/values/ids.ts";
import { thousands } from "../../terminal/format.ts";
import { quotedText, visibleText } from "../../terminal/pieces.ts";
import type { Style } from "../../terminal/style.ts";
import { table } from "../../terminal/table.ts";

/**
 * A piece of at most this many symbols is shown after each merge: it fits a line. Of a longer piece the first
 * symbols are shown.
 */
const SHOWN_SYMBOLS = 24;

type Spell = (id: number) => string;

/** The whole text, then each different piece with its merges in the order in which they were applied. */
export function explainText(
  text: string,
  explanation: Explanation,
  tokenizer: PipelineTokenizer,
  style: Style,
): string {
  const spell: Spell = (id) => visibleText(tokenizer.spelling(id));
  const normalized = normalizedText(explanation, tokenizer);
  const pieces = explanation.flatMap((part) =>
    typeof part === "number" ? spell(part) : part.pieces.map((piece) => visibleText(piece.text)),
  );
  const whole = [
    ["text", visibleText(text)],
    ...(normalized === text ? [] : [["normalized", visibleText(normalized)]]),
    ["pieces", pieces.join("|")],
    ["ids", formatIds(idsOf(explanation))],
  ];
  const steps = [...countPieces(explanation)].map(([piece, count]) => {
    const times = count === 1 ? "" : ` (${count} times)`;
    const title = `${quotedText(piece.text)}${times} → ${formatIds(piece.ids) || "nothing"}`;
    return `\n${style.bold(title)}\n${mergeTable(piece, spell)}`;
  });
  return table(whole, [0, 1]) + steps.join("");
}

/** A line for each merge; nothing for a piece that was one token from the start. */
function mergeTable({ symbols, merges }: ExplainedPiece, spell: Spell): string {
  if (symbols.length < 2) return "";
  const isShown = symbols.length <= SHOWN_SYMBOLS;
  const states = isShown ? statesOf(symbols, merges) : [symbols.slice(0, SHOWN_SYMBOLS)];
  const shown = states.map((state) => state.map(spell).join("|"));
  const elided = isShown ? "" : `|… and ${thousands(symbols.length - SHOWN_SYMBOLS)} more`;
  const rows = merges.map(({ rank, score, left, right, result }, i) => [
    score === undefined ? `  rank ${rank}` : `  score ${score}`,
    `${spell(left)} + ${spell(right)} → ${spell(result)}`,
    shown[i + 1] ?? "",
  ]);
  return table([["  start", "", (shown[0] ?? "") + elided], ...rows], [0, 1, 2]);
}

/** The tokens of a piece at the start and after each merge. */
function statesOf(symbols: readonly number[], merges: readonly AppliedMerge[]): number[][] {
  /** For each symbol: the token that begins with it; undefined within a token. */
  const tokens: (number | undefined)[] = [...symbols];
  const now = () => tokens.filter((id) => id !== undefined);
  return [
    now(),
    ...merges.map(({ at, result }) => {
      const right = tokens.findIndex((id, place) => place > at && id !== undefined);
      tokens[at] = result;
      tokens[right] = undefined;
      return now();
    }),
  ];
}
