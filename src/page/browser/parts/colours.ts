/** Colours of numbers. They are told apart by people who do not see red and green, in light and in dark. */

type Rgb = readonly [number, number, number];

const STOPS = {
  light: {
    ramp: [
      [250, 250, 252],
      [198, 219, 239],
      [107, 174, 214],
      [33, 113, 181],
      [8, 48, 107],
    ],
    ends: [
      [178, 84, 12],
      [250, 250, 252],
      [24, 90, 168],
    ],
  },
  dark: {
    ramp: [
      [24, 27, 33],
      [28, 58, 92],
      [30, 104, 150],
      [70, 165, 190],
      [222, 240, 170],
    ],
    ends: [
      [240, 150, 70],
      [24, 27, 33],
      [96, 170, 250],
    ],
  },
} as const satisfies Record<string, Record<string, readonly Rgb[]>>;

const DARK = matchMedia("(prefers-color-scheme: dark)");
const PRINT = matchMedia("print");

/** Steps of a scale. */
const STEPS = 512;

interface Scales {
  readonly ramp: readonly Rgb[];
  readonly ends: readonly Rgb[];
}

/** The colours of the page, until the next drawing: maps have millions of cells. */
let scales: Scales | undefined;

/** The page is printed, which is in light colours. */
let isPrinting = false;

/** @param redraw called when the colours of the page change: scheme of the system, switch, print */
export function followScheme(redraw: () => void): void {
  DARK.addEventListener("change", redraw);
  for (const [event, value] of [
    ["beforeprint", true],
    ["afterprint", false],
  ] as const) {
    addEventListener(event, () => {
      isPrinting = value;
      redraw();
    });
  }
}

/** The page is drawn for paper, which cannot be scrolled. */
export const isForPaper = (): boolean => isPrinting || PRINT.matches;

export function isDark(): boolean {
  if (isForPaper()) return false;
  const { scheme } = document.documentElement.dataset;
  return scheme === undefined ? DARK.matches : scheme === "dark";
}

/** Before the page is drawn: its colours may have changed. */
export function chooseColours(): void {
  const { ramp, ends } = STOPS[isDark() ? "dark" : "light"];
  const steps = (stops: readonly Rgb[]) =>
    Array.from({ length: STEPS + 1 }, (_, step) => between(stops, step / STEPS));
  scales = { ramp: steps(ramp), ends: steps(ends) };
}

/** @param share from 0 to 1 */
export const ramp = (share: number): Rgb => stepOf(scales?.ramp, share);

/** @param value from -1 (orange) by 0 to 1 (blue) */
export const signed = (value: number): Rgb => stepOf(scales?.ends, (value + 1) / 2);

function stepOf(steps: readonly Rgb[] | undefined, share: number): Rgb {
  const step = share > 0 ? Math.round(Math.min(1, share) * STEPS) : 0;
  return steps?.[step] ?? [0, 0, 0];
}

function between(stops: readonly Rgb[], share: number): Rgb {
  const place = share * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [stops[below] as Rgb, stops[below + 1] as Rgb];
  const part = place - below;
  return [0, 1, 2].map((i) =>
    Math.round((a[i] as number) * (1 - part) + (b[i] as number) * part),
  ) as unknown as Rgb;
}

/** Gives an element a background, and a colour of text that is read on it. */
export function paint(element: HTMLElement, [red, green, blue]: Rgb): void {
  element.style.backgroundColor = `rgb(${red} ${green} ${blue})`;
  element.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111" : "#fff";
}
