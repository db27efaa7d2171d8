/** Who types: a person at a terminal, or a script. */
import type { GptError } from "../../../../errors.ts";

export interface Typist extends Disposable {
  /** The next input, one line or several; undefined where there is none any more, or the signal was aborted. */
  read(signal: AbortSignal): Promise<string | undefined>;
  /** Runs work that the typist may stop, and nothing but that work. */
  attend<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Shows a text that did not come from the keyboard as if it had. */
  show(text: string): void;
  /** Says something that only a person who looks at a screen needs. */
  hint(text: string): void;
  /** What was read last was refused. @throws what ends the conversation */
  refuse(error: GptError): void;
}
