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
  /**
   * A cell of a heat map: its upper half for one number between 0 and 1, its lower half for another. From dark
   * violet over green to yellow, as Matplotlib's viridis.
   */
  halves(upper: number, lower: number | undefined): string;
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
  if (depth < 8) return style(backgrounds16, scale16, (value) => `${ramp(ramp16, value)}`);
  return style(backgrounds256, scale256, depth > 8 ? viridis : (value) => `8;5;${ramp(ramp256, value)}`);
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
  halves: () => " ",
};

const style = (
  backgrounds: readonly Paint[],
  steps: readonly Paint[],
  color: (value: number) => string,
): Style => ({
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
  halves: (upper, lower) => {
    const below = lower === undefined ? "49" : `4${color(lower)}`;
    return `\x1b[3${color(upper)};${below}m▀\x1b[39;49m`;
  },
});

/** The end of a code of a colour: 0 black to 7 white; `8;5;N` of 256; `8;2;R;G;B`. */
const ramp = (colors: readonly number[], value: number): number =>
  colors[Math.min(colors.length - 1, Math.max(0, Math.floor(value * colors.length)))] as number;

const ramp16 = [0, 4, 6, 2, 3];
const ramp256 = [17, 18, 54, 60, 24, 30, 29, 35, 41, 77, 113, 149, 185, 226];
const anchors = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const;

function viridis(value: number): string {
  const place = Math.min(1, Math.max(0, value)) * (anchors.length - 1);
  const below = Math.min(anchors.length - 2, Math.floor(place));
  const mixed = [0, 1, 2].map((channel) => {
    const [from, to] = [anchors[below]?.[channel] ?? 0, anchors[below + 1]?.[channel] ?? 0];
    return Math.round(from + (to - from) * (place - below));
  });
  return `8;2;${mixed.join(";")}`;
}

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
