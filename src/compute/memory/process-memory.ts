/**
 * The one memory of the process. It is made when something is computed: commands that compute nothing need no
 * address space.
 */
import { Memory } from "./memory.ts";

let memory: Memory | undefined;

/** @throws GptError `resource` when there is no address space for it */
export function processMemory(): Memory {
  memory ??= new Memory();
  return memory;
}
