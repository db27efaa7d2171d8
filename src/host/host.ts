/**
 * What the engine takes from the system it runs on: files, threads, facts of the machine. The modules beside
 * this one are for Node. A bundle for a browser has other modules with the same exports in their place.
 */

export interface FileStats {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
}

export interface OpenFile {
  /** Reads up to `length` bytes at `position` of the file into `target`, from `offset` on. */
  read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** Files to read. Errors have the `code` and the `syscall` of the system. */
export interface Files {
  stat(path: string): Promise<FileStats>;
  open(path: string): Promise<OpenFile>;
  /** Names in a directory. */
  list(directory: string): Promise<readonly string[]>;
  exists(path: string): boolean;
}

export interface Machine {
  /** Cores that the process may use. */
  cores(): number;
  /** Bytes of memory that the process may use. */
  memoryBytes(): number;
  /** The name and version of the program that runs WebAssembly. */
  readonly name: string;
  /** It computes the instructions of relaxed SIMD as they are specified. */
  readonly hasRelaxedSimd: boolean;
  /** The bytes of a build of the kernels. */
  kernels(build: string): BufferSource;
  /** Lets the event loop run once. */
  turn(): Promise<void>;
}

/** A worker thread: an instance of the kernels that works on jobs (assembly/threads.ts). */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
  /** Address of the word that the worker sets if a kernel traps. */
  readonly failed: number;
  /** Its number, from 1. */
  readonly worker: number;
}

/** @returns false if the system refuses another thread */
export type StartWorker = (start: WorkerStart) => boolean;

/**
 * Runs a search of a regular expression that may take years.
 *
 * @param refusal makes the error for work that is stopped after `milliseconds`
 */
export type WithinTime = <T>(milliseconds: number, refusal: () => Error, work: () => T) => T;
