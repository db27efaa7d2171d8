/**
 * Reads a pickle (https://docs.python.org/3/library/pickletools.html) without running anything. A pickle is a
 * program for a stack machine that builds objects and calls functions by their names. Here those names are
 * the keys of a table of functions that are written here. Any other name is refused.
 */
import { type PickleHost, PickleMachine } from "./pickle-machine.ts";
import { OPERATIONS } from "./pickle-operations.ts";

const STOP = ".".charCodeAt(0);

/**
 * @returns the value, and the length of the pickle, which other bytes may follow
 * @throws GptError `invalid-file` for anything but a pickle of plain values and of calls that the host knows
 */
export function readPickle(
  path: string,
  bytes: Buffer,
  host: PickleHost,
): readonly [value: unknown, length: number] {
  const machine = new PickleMachine(path, bytes, host);
  for (;;) {
    const code = machine.take(1).readUInt8();
    if (code === STOP) return [machine.pop(), machine.position];
    const operation = OPERATIONS[code];
    if (operation === undefined) throw machine.fail(`operation 0x${code.toString(16)} is unknown`);
    operation(machine);
  }
}
