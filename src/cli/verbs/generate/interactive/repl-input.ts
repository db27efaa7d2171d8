/** Where the inputs of the REPL come from: a person at a terminal, or a script. */
import type { GptError } from "../../../../errors.ts";

export interface ReplInput extends Disposable {
  /** The next input, of one line or several; undefined at the end, and once the signal is aborted. */
  read(signal: AbortSignal): Promise<string | undefined>;
  /** Runs work that Ctrl-C may stop. Ctrl-C stops nothing else then. */
  runInterruptibly<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Shows a text as if it had been typed. */
  show(text: string): void;
  /** Writes a line that helps only a person at a screen. */
  hint(text: string): void;
  /** Reports that the last input was refused. @throws the error if the REPL cannot go on */
  refuse(error: GptError): void;
}
