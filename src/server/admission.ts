/**
 * Lets some generations run at a time, while others wait. Clients take turns: the next one is of the client
 * that has had none for the longest time. A client that leaves gives up its place.
 */
import { RequestError } from "./http/request-error.ts";

interface Waiting {
  readonly client: string;
  readonly start: () => void;
}

export class Admission {
  /** Generations that may wait. */
  readonly #most: number;
  #free: number;
  #waiting: Waiting[] = [];
  /** Clients in the order in which they had their last turn, the latest last. */
  #served: string[] = [];

  /** @param running generations at a time. @param most that may wait */
  constructor(running: number, most: number) {
    this.#free = running;
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Refuses what would wait too long, before any of it is begun.
   *
   * @throws RequestError 429
   */
  check(generations: number): void {
    if (this.#waiting.length + generations <= this.#most + this.#free) return;
    throw new RequestError(429, `${this.#waiting.length} generations are waiting: try again later`, {
      code: "rate_limit_exceeded",
      headers: { "retry-after": "2" },
    });
  }

  /** @throws the signal's reason once it is aborted while the work waits */
  async run<T>(client: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(client, signal);
    try {
      return await work();
    } finally {
      this.#free++;
      this.#next();
    }
  }

  #turn(client: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== own);
        reject(signal.reason);
      };
      const own: Waiting = {
        client,
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(own);
      this.#next();
    });
  }

  #next(): void {
    while (this.#free > 0 && this.#waiting.length > 0) {
      const [first] = this.#waiting.toSorted((a, b) => this.#lastTurn(a) - this.#lastTurn(b));
      this.#waiting = this.#waiting.filter((other) => other !== first);
      this.#served = [...this.#served.filter((client) => client !== first?.client), first?.client ?? ""];
      this.#served = this.#served.slice(-this.#most);
      this.#free--;
      first?.start();
    }
  }

  #lastTurn = ({ client }: Waiting): number => this.#served.lastIndexOf(client);
}
