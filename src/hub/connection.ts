/** One connection to a server: it ends where nothing comes, or by the caller's signal. */
import { GptError } from "../errors.ts";

export interface HubOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the first repetition. Each further one waits twice as long. Default 1000. */
  readonly retryMs?: number | undefined;
  /** Milliseconds without a byte after which a connection counts as dead. Default 30,000. */
  readonly stallMs?: number | undefined;
  /** Told of a repetition: why, and how long it waits. */
  readonly onRetry?: ((reason: string, milliseconds: number) => void) | undefined;
}

/** A failure that a repetition may mend. */
export class TransientError extends Error {
  /** Milliseconds that the server asks for. */
  readonly waitMs: number | undefined;

  constructor(message: string, waitMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/** A connection that ends if nothing comes for long. */
export class Connection {
  readonly #controller = new AbortController();
  readonly #options: HubOptions;
  readonly #interrupt = (): void => this.#controller.abort(this.#options.signal?.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    if (options.signal?.aborted) this.#interrupt();
    options.signal?.addEventListener("abort", this.#interrupt);
  }

  async fetch(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
    try {
      this.#restart(url);
      return await fetch(url, { headers, redirect: "manual", signal: this.#controller.signal });
    } catch (error) {
      this.end();
      throw this.#failure(url, error);
    }
  }

  async *chunks(response: Response): AsyncGenerator<Uint8Array, void, void> {
    const url = new URL(response.url);
    try {
      for await (const chunk of response.body ?? []) {
        this.#restart(url);
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw this.#failure(url, error);
    } finally {
      this.end();
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#interrupt);
  }

  #restart(url: URL): void {
    const { stallMs = 30_000 } = this.#options;
    clearTimeout(this.#timer);
    const stalled = () =>
      this.#controller.abort(new TransientError(`${url.host} sends nothing for ${stallMs / 1000} s`));
    this.#timer = setTimeout(stalled, stallMs);
  }

  #failure(url: URL, error: unknown): unknown {
    const { signal } = this.#options;
    if (signal?.aborted) return signal.reason;
    if (error instanceof TransientError || error instanceof GptError) return error;
    const { reason } = this.#controller.signal;
    if (reason instanceof TransientError) return reason;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    return new TransientError(`no connection to ${url.host}${code}`, undefined, { cause: error });
  }
}
