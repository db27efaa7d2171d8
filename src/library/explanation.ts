/** The steps from a text to tokens, as data for programs. `gpt tokenize --explain --json` writes them. */
import { type ExplainedPiece, type Explanation, idsOf, type PipelineTokenizer } from "../tokenizer/index.ts";

/** Tokens as the vocabulary spells them. */
export function explanationRecord(text: string, explanation: Explanation, tokenizer: PipelineTokenizer) {
  const spell = (id: number) => tokenizer.spelling(id);
  return {
    text,
    normalized: normalizedText(explanation, tokenizer),
    parts: explanation.map((part) =>
      typeof part === "number"
        ? { token: spell(part), id: part }
        : { text: part.text, pieces: part.pieces.map((piece) => piece.text) },
    ),
    pieces: [...countPieces(explanation)].map(([{ text, symbols, merges, ids }, count]) => ({
      text,
      count,
      symbols: symbols.map(spell),
      merges: merges.map(({ rank, score, at, left, right, result }) => ({
        rank,
        score,
        at,
        left: spell(left),
        right: spell(right),
        result: spell(result),
      })),
      ids,
    })),
    ids: idsOf(explanation),
  };
}

/** The different pieces in the order of the text, each with how often it occurs. */
export function countPieces(explanation: Explanation): Map<ExplainedPiece, number> {
  const counts = new Map<ExplainedPiece, number>();
  for (const part of explanation) {
    if (typeof part === "number") continue;
    for (const piece of part.pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}

export const normalizedText = (explanation: Explanation, tokenizer: PipelineTokenizer): string =>
  explanation.map((part) => (typeof part === "number" ? tokenizer.spelling(part) : part.text)).join("");
