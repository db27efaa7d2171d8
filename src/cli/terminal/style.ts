/** Colours of a stream. --color decides, then the environment, then the terminal. */
import { WriteStream } from "node:tty";

export const colorWishes = ["auto", "always", "never"] as const;
export type ColorWish = (typeof colorWishes)[number];

/** The part of a stream that decides about colours. */
export interface StyledStream {
  readonly isTTY?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Text -> text with colour around each line. Without colours the text is unchanged. */
export type Paint = (text: string) => string;

export interface Style {
  readonly enabled: boolean;
  readonly dim: Paint;
  readonly bold: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
  /**
   * A light background with dark text, to tell neighbours apart: the index may be any whole number from 0.
   */
  background(index: number, text: string): string;
  /**
   * A background from red for 0 over yellow to green for 1. Neighbours, which may share a colour, differ by a
   * line below.
   */
  scale(share: number, text: string, index: number): string;
}

/**
 * @param wish the value of --color. `auto` follows the environment (NO_COLOR, then FORCE_COLOR, then
 *   TERM=dumb); without these a terminal has colours
 */
export function styleFor(
  stream: StyledStream,
  wish: ColorWish = "auto",
  environment: Environment = process.env,
): Style {
  const depth = colorDepth(stream, wish, environment);
  if (depth === 1) return plain;
  return depth >= 8 ? style(backgrounds256, scale256) : style(backgrounds16, scale16);
}

/** Bits of a colour: 1 for none, else 4, 8 or 24. */
function colorDepth(stream: StyledStream, wish: ColorWish, environment: Environment): number {
  if (wish === "never") return 1;
  const { NO_COLOR, FORCE_COLOR, CI: _, ...rest } = environment; // CI says what moves, not what has colours
  if (wish === "auto") {
    if (NO_COLOR) return 1;
    if (FORCE_COLOR === undefined && (rest.TERM === "dumb" || !stream.isTTY)) return 1;
    if (FORCE_COLOR !== undefined) return depthByEnvironment({ FORCE_COLOR });
    return depthByEnvironment(rest);
  }
  return Math.max(4, depthByEnvironment(rest));
}

/** Node's own knowledge of terminals, by TERM, COLORTERM and the like. */
const depthByEnvironment = (environment: Environment): number =>
  WriteStream.prototype.getColorDepth(environment);

/** Select Graphic Rendition (ECMA-48): codes before and after each line, so that no line feed is coloured. */
const graphic =
  (on: string, off: string): Paint =>
  (text) =>
    text.replace(/[^\n]+/g, (line) => `\x1b[${on}m${line}\x1b[${off}m`);

const plain: Style = {
  enabled: false,
  dim: (text) => text,
  bold: (text) => text,
  red: (text) => text,
  yellow: (text) => text,
  green: (text) => text,
  cyan: (text) => text,
  background: (_index, text) => text,
  scale: (_share, text) => text,
};

const style = (backgrounds: readonly Paint[], steps: readonly Paint[]): Style => ({
  enabled: true,
  dim: graphic("2", "22"),
  bold: graphic("1", "22"),
  red: graphic("31", "39"),
  yellow: graphic("33", "39"),
  green: graphic("32", "39"),
  cyan: graphic("36", "39"),
  background: (index, text) => backgrounds[index % backgrounds.length]?.(text) ?? text,
  scale: (share, text, index) => {
    const step = Math.floor(share * steps.length);
    const shown = steps[Math.min(steps.length - 1, Math.max(0, step))]?.(text) ?? text;
    return index % 2 === 0 ? shown : underline(shown);
  },
});

/** Black on cyan, yellow, green, magenta. */
const backgrounds16 = [46, 43, 42, 45].map((color) => graphic(`30;${color}`, "39;49"));
/** Black on pale blue, green, orange, pink, yellow, violet: readable on light and on dark terminals. */
const backgrounds256 = [153, 157, 223, 218, 229, 183].map((color) =>
  graphic(`38;5;16;48;5;${color}`, "39;49"),
);
const underline = graphic("4", "24");
/** Black on red, yellow and green. */
const scale16 = [41, 43, 42].map((color) => graphic(`30;${color}`, "39;49"));
/** Black on pale red, orange, yellow, green: readable on light and on dark terminals. */
const scale256 = [217, 216, 223, 222, 229, 228, 192, 156, 157, 120].map((color) =>
  graphic(`38;5;16;48;5;${color}`, "39;49"),
);
