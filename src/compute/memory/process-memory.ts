/**
 * The memories of the process, by the number of their bank. Each is made when something is computed in it:
 * commands that compute nothing need no address space.
 */
import { Memory } from "./memory.ts";

const memories: Memory[] = [];

/** @throws GptError `resource` when there is no address space for it */
export function processMemory(bank = 0): Memory {
  const memory = memories[bank] ?? new Memory();
  memories[bank] = memory;
  return memory;
}

/** Bytes in use in a bank. */
export const allocatedIn = (bank: number): number => memories[bank]?.allocated ?? 0;

/** Bytes in use in all banks. */
export const allocatedInAll = (): number => memories.reduce((sum, { allocated }) => sum + allocated, 0);
