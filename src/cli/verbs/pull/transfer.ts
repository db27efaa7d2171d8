/** How far a transfer is, on standard error: a bar with the rate on a terminal, else a line every ten seconds. */
import { loadingBar } from "../../load.ts";
import { bytes, duration } from "../../terminal/format.ts";
import { printable } from "../../terminal/output.ts";
import { Pace } from "../../terminal/progress.ts";
import { isAnimated, startSpinner } from "../../terminal/spinner.ts";

const REDRAW_MS = 100;
const LINE_MS = 10_000;

export interface Transfer extends Disposable {
  advance(done: number, total: number): void;
  /** Tells why a request is repeated, and when. */
  say(reason: string, milliseconds: number): void;
}

export function startTransfer(name: string, quiet: boolean): Transfer {
  const label = `pulling ${printable(name)}`;
  const spinner = startSpinner(label, quiet);
  const pace = new Pace();
  let shown = performance.now();
  return {
    advance(done, total) {
      pace.advance(done);
      const now = performance.now();
      if (quiet || now - shown < (isAnimated() ? REDRAW_MS : LINE_MS)) return;
      shown = now;
      const line = [`${label} ${loadingBar(done, total)}`, ...rateOf(pace, total)].join(" · ");
      if (isAnimated()) spinner.say(line);
      else process.stderr.write(`${line}\n`);
    },
    say(reason, milliseconds) {
      const line = `${printable(reason)}: again in ${duration(milliseconds / 1000)}`;
      if (isAnimated()) spinner.say(`${label} · ${line}`);
      else if (!quiet) process.stderr.write(`gpt: ${line}\n`);
    },
    [Symbol.dispose]: () => spinner.stop(),
  };
}

/** `35 MB/s · 1m 20s left`. */
function rateOf({ done, rate }: Pace, total: number): string[] {
  if (!rate) return [];
  return [`${bytes(Math.round(rate))}/s`, `${duration(Math.max(0, total - done) / rate)} left`];
}
