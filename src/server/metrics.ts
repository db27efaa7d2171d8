/** Figures of the server for Prometheus, kept by prom-client. Names of llama.cpp's server stand beside ours. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Sample } from "../text/samples/sample.ts";

const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("gpt_requests_total", "Requests by route and status", [
    "route",
    "status",
  ]);
  readonly #promptTokens = this.#counter("llamacpp:prompt_tokens_total", "Prompt tokens that were run");
  readonly #promptSeconds = this.#counter("llamacpp:prompt_seconds_total", "Time that prompts took");
  readonly #tokens = this.#counter("llamacpp:tokens_predicted_total", "Tokens that were generated");
  readonly #tokenSeconds = this.#counter("llamacpp:tokens_predicted_seconds_total", "Time that they took");
  readonly #cachedTokens = this.#counter("gpt_cached_tokens_total", "Prompt tokens found in a cache");
  readonly #running = new Gauge({
    name: "llamacpp:requests_processing",
    help: "Generations that run",
    registers: [this.#registry],
  });
  readonly #firstToken = this.#histogram(
    "gpt_time_to_first_token_seconds",
    "From the turn to the first token",
  );
  readonly #queue = this.#histogram("gpt_queue_seconds", "Time in the queue");

  /** @param waiting the number of generations in the queue */
  constructor(waiting: () => number) {
    new Gauge({
      name: "llamacpp:requests_deferred",
      help: "Generations that wait",
      registers: [this.#registry],
      collect() {
        this.set(waiting());
      },
    });
    new Gauge({
      name: "gpt_resident_memory_bytes",
      help: "Memory of the process",
      registers: [this.#registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  answered(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) });
  }

  waited(ms: number): void {
    this.#queue.observe(ms / 1000);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#running.inc();
    try {
      return await work();
    } finally {
      this.#running.dec();
    }
  }

  generated({ promptTokens, reusedTokens, promptMs, generatedMs, ids }: Sample): void {
    this.#promptTokens.inc(promptTokens);
    this.#cachedTokens.inc(reusedTokens);
    this.#promptSeconds.inc(promptMs / 1000);
    this.#tokens.inc(ids.length);
    this.#tokenSeconds.inc(generatedMs / 1000);
    this.#firstToken.observe(promptMs / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.#registry] });
  }
}
