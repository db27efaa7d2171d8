/** Keys of a person: single ones of a terminal, or the characters of a pipe. */
import type { ReadStream } from "node:tty";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** Yields keys until the input ends. A terminal is in raw mode meanwhile. @param signal ends the reading */
export async function* keysOf(stdin: ReadStream, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const stop = () => void stdin.destroy();
  signal.addEventListener("abort", stop);
  if (stdin.isTTY) stdin.setRawMode(true);
  try {
    for await (const chunk of stdin.setEncoding("utf8")) {
      for (const key of String(chunk)) {
        if (key === CTRL_C) process.kill(process.pid, "SIGINT");
        else if (key === CTRL_D) return;
        else if (key.trim() !== "") yield key;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (stdin.isTTY && !stdin.destroyed) stdin.setRawMode(false);
    stdin.pause();
  }
  signal.throwIfAborted();
}
