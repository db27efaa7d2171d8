/** The likeliest next tokens as bars, for `/top`. */
import type { TokenLogprob } from "../../../../generate/options/options.ts";
import type { Tokenizer } from "../../../../tokenizer/tokenizer.ts";
import { visible } from "../../../terminal/pieces.ts";
import type { Style } from "../../../terminal/style.ts";

/** Eighths of a column. */
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const FULL = "█";

const LONGEST_BAR = 40;
/** Smaller percentages are not written out. */
const LEAST_PERCENTAGE = 0.0001;
/** Columns for rank and percentage, and for the token. */
const BESIDES = 14 + 22;

/**
 * A line for each token: its rank, which `/pick` takes, its probability, a bar of a length relative to the
 * first token's probability, and its text.
 *
 * @param columns of the screen
 */
export function bars(
  top: readonly TokenLogprob[],
  tokenizer: Tokenizer,
  style: Style,
  columns: number,
): string {
  const longest = Math.max(1, Math.min(LONGEST_BAR, columns - BESIDES));
  const greatest = Math.exp(top[0]?.logprob ?? 0);
  const percentages = top.map(({ logprob }) => percentageOf(Math.exp(logprob)));
  const width = percentages.reduce((widest, { length }) => Math.max(widest, length), 0);
  const lines = top.map(({ id, logprob }, index) => {
    const probability = Math.exp(logprob);
    const rank = String(index + 1).padStart(2);
    const percentage = (percentages[index] ?? "").padStart(width);
    const bar = barOf((longest * probability) / greatest).padEnd(longest);
    const token = visible(tokenizer.bytes(id));
    const shown = tokenizer.isSpecial(id) ? style.dim(token) : `"${token}"`;
    return `${rank}  ${percentage}  ${style.cyan(bar)}  ${shown}\n`;
  });
  return lines.join("");
}

/** An uncertain model has many tokens below 1%, which are shown with two digits. */
function percentageOf(probability: number): string {
  const percentage = 100 * probability;
  if (percentage >= 1) return `${percentage.toFixed(1)}%`;
  if (percentage < LEAST_PERCENTAGE) return `<${LEAST_PERCENTAGE}%`;
  return `${Number(percentage.toPrecision(2))}%`;
}

function barOf(length: number): string {
  const eighths = Math.round(8 * length);
  return FULL.repeat(Math.floor(eighths / 8)) + (PARTS[eighths % 8] ?? "");
}
