/**
 * A WebAssembly memory with an allocator of 64-byte aligned blocks, and views on them.
 *
 * The memory is shared and grows to 4 GiB at most, the end of a 32-bit address space. A view stays valid when
 * the memory grows, since a shared memory never moves.
 */
import { GptError } from "../../errors.ts";

const PAGE = 65_536;
const MAXIMUM_PAGES = 65_536;
const ALIGNMENT = 64;

/** The most bytes that can be allocated. Page 0 belongs to the constants of the kernels. */
export const CAPACITY = (MAXIMUM_PAGES - 1) * PAGE;

const align = (bytes: number) => Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;

interface Hole {
  begin: number;
  end: number;
}

export class Memory {
  readonly wasm = reserve();
  /** Free ranges in the order of their addresses. Neighbours never touch. */
  readonly #holes: Hole[] = [{ begin: PAGE, end: PAGE + CAPACITY }];
  /** Length of every allocated block, by its address. */
  readonly #blocks = new Map<number, number>();
  #allocated = 0;

  /** Bytes in allocated blocks. */
  get allocated(): number {
    return this.#allocated;
  }

  /**
   * Allocates a block in the first hole that is large enough. Its bytes are not cleared.
   *
   * @throws GptError `resource` when there is no room for it
   */
  allocate(bytes: number): number {
    const length = align(bytes);
    const hole = this.#holes.find(({ begin, end }) => end - begin >= length);
    if (!hole) throw outOfMemory(length, CAPACITY - this.#allocated);
    const address = hole.begin;
    this.#commit(address + length);
    hole.begin += length;
    if (hole.begin === hole.end) this.#holes.splice(this.#holes.indexOf(hole), 1);
    this.#blocks.set(address, length);
    this.#allocated += length;
    return address;
  }

  /** Frees a block and joins the holes around it. */
  free(address: number): void {
    const length = this.#blocks.get(address);
    if (length === undefined) throw new Error(`no block at ${address}`);
    this.#blocks.delete(address);
    this.#allocated -= length;
    const freed = { begin: address, end: address + length };
    const next = this.#holes.findIndex(({ begin }) => begin > address);
    const at = next < 0 ? this.#holes.length : next;
    const [before, after] = [this.#holes[at - 1], this.#holes[at]];
    const joinsBefore = before?.end === freed.begin;
    const joinsAfter = after?.begin === freed.end;
    if (joinsBefore) freed.begin = before.begin;
    if (joinsAfter) freed.end = after.end;
    this.#holes.splice(at - (joinsBefore ? 1 : 0), (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), freed);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.wasm.buffer, address, length);
  }

  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.wasm.buffer, address, length);
  }

  u32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.wasm.buffer, address, length);
  }

  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.wasm.buffer, address, length);
  }

  #commit(end: number): void {
    const missing = Math.ceil((end - this.wasm.buffer.byteLength) / PAGE);
    if (missing <= 0) return;
    try {
      this.wasm.grow(missing);
    } catch (cause) {
      throw new GptError("resource", `the system refuses ${missing * PAGE} more bytes of memory`, { cause });
    }
  }
}

/** V8 reserves more than 4 GiB of address space for a memory: guard pages replace its bounds checks. */
function reserve(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  } catch (cause) {
    const remedy = "raise it, or set NODE_OPTIONS=--disable-wasm-trap-handler";
    throw new GptError("resource", `not enough address space for WebAssembly (ulimit -v): ${remedy}`, {
      cause,
    });
  }
}

function outOfMemory(wanted: number, left: number): GptError {
  return new GptError("resource", `out of memory: ${wanted} bytes wanted, ${left} of ${CAPACITY} left`);
}
