/** Opens the input of a REPL: a line editor for a person at a terminal, a script for anything else. */
import { type ColorWish, styleFor } from "../../../terminal/style.ts";
import { DumbTerminal } from "./dumb-terminal.ts";
import { type Completer, LineEditor } from "./line-editor.ts";
import type { ReplInput } from "./repl-input.ts";
import { Script } from "./script.ts";

/**
 * The line editor draws on standard error, because standard output is for the text; on standard output if it
 * must.
 */
export function openInput(
  completions: Completer,
  color: ColorWish | undefined,
  signal: AbortSignal,
): ReplInput {
  const { stdin, stdout, stderr } = process;
  const screen = stderr.isTTY ? stderr : stdout;
  if (!stdin.isTTY || !screen.isTTY) return new Script(stdin, signal);
  if (process.env.TERM === "dumb") return new DumbTerminal(stdin, screen, signal);
  return new LineEditor(stdin, screen, styleFor(screen, color), completions);
}
