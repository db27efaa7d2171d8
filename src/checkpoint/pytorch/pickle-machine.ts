/** The stack, the memo and the bytes of a pickle that is being read. */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";

/** The name of a function or class. */
export class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a pickle may ask for. */
export interface PickleHost {
  /** Functions and classes that may be called, by `module.name`. */
  readonly calls: Readonly<Record<string, (args: readonly unknown[]) => unknown>>;
  /** Names that are values only, as the types of storages are. */
  readonly isName: (name: string) => boolean;
  /** An object that lies outside of the pickle. */
  readonly persistent: (id: unknown) => unknown;
}

/** Marks the start of a list of values on the stack. */
const MARK = Symbol("mark");

export class PickleMachine {
  readonly #path: string;
  readonly #bytes: Buffer;
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(path: string, bytes: Buffer, host: PickleHost) {
    this.#path = path;
    this.#bytes = bytes;
    this.#host = host;
  }

  /** Number of bytes that were taken. */
  get position(): number {
    return this.#at;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pushMark(): void {
    this.#stack.push(MARK);
  }

  pop(): unknown {
    const top = this.top();
    this.#stack.pop();
    return top;
  }

  top(): unknown {
    if (this.#stack.length === 0) throw this.fail("its stack is empty");
    return this.#stack.at(-1);
  }

  /** The values above the last mark, which goes with them. */
  popMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.fail("a mark is missing on its stack");
    return this.#stack.splice(mark).slice(1);
  }

  /** The next bytes. */
  take(count: number): Buffer {
    if (!(this.#at + count <= this.#bytes.length)) throw this.fail("it ends early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** The next bytes up to a line feed, which goes with them. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.fail("it ends early");
    const line = this.#bytes.toString("latin1", this.#at, end);
    this.#at = end + 1;
    return line;
  }

  /** Remembers the top of the stack, by default under the next free number. */
  store(key = this.#memo.size): void {
    this.#memo.set(key, this.top());
  }

  load(key: number): void {
    if (!this.#memo.has(key)) throw this.fail(`its memo ${key} is empty`);
    this.push(this.#memo.get(key));
  }

  global(name: string): void {
    const { calls, isName } = this.#host;
    if (!Object.hasOwn(calls, name) && !isName(name)) {
      const advice = "only tensors are read from a pickle, and nothing is run: save the model as safetensors";
      throw new GptError("invalid-file", `${this.#path}: asks for ${quote(name)}: ${advice}`);
    }
    this.push(new PickledGlobal(name));
  }

  call(target: unknown, args: unknown): void {
    const call = target instanceof PickledGlobal ? this.#host.calls[target.name] : undefined;
    if (call === undefined || !Array.isArray(args)) throw this.fail("it calls what is no function");
    this.push(call(args));
  }

  persistent(id: unknown): void {
    this.push(this.#host.persistent(id));
  }

  fail(problem: string): GptError {
    return new GptError("invalid-file", `${this.#path}: its pickle is damaged: ${problem}: fetch it again`);
  }
}
