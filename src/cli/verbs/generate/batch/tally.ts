/** Counts of a batch, and the reports about it on standard error. */

import type { KeptLines } from "../../../../text/batch/results-file.ts";
import type { Sample } from "../../../../text/samples/sample.ts";
import { counted, perSecond, thousands } from "../../../terminal/format.ts";
import { guessed } from "../report.ts";

export class Tally {
  #lines: number;
  #failed: number;
  #tokens = 0;
  #draftedTokens: number | undefined;
  #acceptedTokens = 0;
  readonly #start = performance.now();

  /** @param kept lines of an earlier run. They count too */
  constructor(kept: KeptLines) {
    this.#lines = kept.lines;
    this.#failed = kept.failed;
  }

  get lines(): number {
    return this.#lines;
  }

  get failed(): number {
    return this.#failed;
  }

  /** @param sample undefined for a line that failed */
  add(sample: Sample | undefined): void {
    this.#lines++;
    if (sample === undefined) this.#failed++;
    this.#tokens += sample?.ids.length ?? 0;
    if (sample?.draftedTokens === undefined) return;
    this.#draftedTokens = (this.#draftedTokens ?? 0) + sample.draftedTokens;
    this.#acceptedTokens += sample.acceptedTokens ?? 0;
  }

  /** After the last line. The rate is that of all lines together, prompts included. */
  finished(): string {
    const results = this.#failed === 1 ? "its result says" : "their results say";
    const failed = this.#failed > 0 ? `, ${thousands(this.#failed)} failed: ${results} why` : "";
    const rate = `${perSecond(this.#tokens, performance.now() - this.#start)} tok/s`;
    const guesses = guessed(this.#draftedTokens, this.#acceptedTokens);
    const generated = `generated ${thousands(this.#tokens)} tok, ${rate}`;
    return [`${counted(this.#lines, "line")}${failed}`, generated, ...guesses].join(" · ");
  }

  /** After a line that was not the last; `path` is the file that holds the results, if there is one. */
  stopped(path: string | undefined): string {
    const advice = path === undefined ? "" : `; --resume ${path} goes on after them`;
    return `stopped after ${counted(this.#lines, "line")}${advice}`;
  }
}
