/** What the routes work with: a loaded model with its sessions, the queue before them, and the figures. */
import { createHash } from "node:crypto";
import { ChatPrompts } from "../chat/template/chat-prompts.ts";
import type { ChatTemplate } from "../chat/template/chat-template.ts";
import { openSessionPool, type SessionPool } from "../engine/session-pool.ts";
import type { Likelihood } from "../evaluate/harness/score-requests.ts";
import { openRequestScorer } from "../evaluate/harness/score-requests.ts";
import type { Window } from "../evaluate/perplexity/windows.ts";
import type { GeneratedToken, GenerateOptions } from "../generate/options/options.ts";
import { packageVersion } from "../host/package-files.ts";
import type { Encoder } from "../library/encoder.ts";
import type { LanguageModel } from "../library/language-model.ts";
import type { Sample } from "../text/samples/sample.ts";
import { takeSample } from "../text/samples/sample.ts";
import type { Session } from "../text/text-model.ts";
import { Admission } from "./admission.ts";
import { EarlierPrompts } from "./earlier-prompts.ts";
import { RequestError } from "./http/request-error.ts";
import { ServerMetrics } from "./metrics.ts";

export interface Generation {
  readonly client: string;
  readonly promptIds: readonly number[];
  readonly options: GenerateOptions;
  readonly signal: AbortSignal;
  readonly onToken?: (token: GeneratedToken) => Promise<void>;
}

/** What turns texts into vectors. */
export interface ServedEmbedder {
  readonly name: string;
  /** It loads when it is needed first. */
  readonly load: () => Promise<Encoder>;
}

export interface ServedModel {
  readonly model: LanguageModel;
  /** Its name in requests and replies. */
  readonly name: string;
  /** Undefined for a model that was not trained to chat. */
  readonly template: ChatTemplate | undefined;
  /** Some models have another one for prompts with functions to call. Default: the same. */
  readonly toolTemplate?: ChatTemplate | undefined;
  /** Of its weights, in files. */
  readonly bytes: number;
  /** Default: no texts are embedded. */
  readonly embedder?: ServedEmbedder | undefined;
}

export interface ServiceSettings {
  /** Generations that run at a time. */
  readonly parallel: number | undefined;
  /** Generations that may wait. */
  readonly queue: number;
  /** Options of requests that do not give them, above those of the checkpoint. */
  readonly defaults: GenerateOptions;
}

export class Service {
  readonly model: LanguageModel;
  readonly name: string;
  /** Undefined for a model that was not trained to chat. */
  readonly prompts: ChatPrompts | undefined;
  /** Of messages with functions to call. */
  readonly toolPrompts: ChatPrompts | undefined;
  readonly bytes: number;
  /** Unix time, in seconds, of the start. */
  readonly created = Math.floor(Date.now() / 1000);
  /** Requests with the same fingerprint, options and seed give the same bytes. */
  readonly fingerprint: string;
  readonly metrics: ServerMetrics;
  readonly admission: Admission;
  readonly defaults: GenerateOptions;
  readonly embedder: ServedEmbedder | undefined;
  readonly earlier = new EarlierPrompts();
  #encoder: Promise<Encoder> | undefined;
  readonly #pool: SessionPool<Session>;

  constructor(served: ServedModel, { parallel, queue, defaults }: ServiceSettings) {
    const { model, name, template, toolTemplate = template, bytes } = served;
    this.model = model;
    this.name = name;
    this.prompts = template && new ChatPrompts(template, model.tokenizer);
    this.toolPrompts = toolTemplate && new ChatPrompts(toolTemplate, model.tokenizer);
    this.bytes = bytes;
    this.embedder = served.embedder;
    this.defaults = defaults;
    this.#pool = openSessionPool(model, parallel);
    this.admission = new Admission(this.#pool.size, queue);
    this.metrics = new ServerMetrics(() => this.admission.waiting);
    const facts = JSON.stringify([name, model.config, model.simd, model.kvShape.types, packageVersion()]);
    this.fingerprint = `fp_${createHash("sha256").update(facts).digest("hex").slice(0, 12)}`;
  }

  /** Generations that run at a time. */
  get parallel(): number {
    return this.#pool.size;
  }

  /** @throws RequestError 404 for another model. An absent name stands for the only model */
  checkModel(name: string | undefined, own = this.name): void {
    const known: readonly (string | undefined)[] = [undefined, "", "default", own, `${own}:latest`];
    if (known.includes(name)) return;
    const message = `the model ${JSON.stringify(name)} is not here: ${own} is`;
    throw new RequestError(404, message, { param: "model", code: "model_not_found" });
  }

  /** @throws RequestError 400 for a prompt that leaves no room for a token, with both counts */
  checkLength(promptIds: readonly number[], param = "prompt"): void {
    const { contextSize } = this.model;
    if (promptIds.length < contextSize) return;
    const message = `the prompt has ${promptIds.length} tokens, the context ${contextSize}: shorten it`;
    throw new RequestError(400, message, { param, code: "context_length_exceeded" });
  }

  /** Continues a prompt, in its turn. @throws the signal's reason once it is aborted */
  async generate({ client, promptIds, options, signal, onToken }: Generation): Promise<Sample> {
    const queued = performance.now();
    return await this.admission.run(client, signal, () =>
      this.metrics.during(async () => {
        this.metrics.waited(performance.now() - queued);
        const sample = await this.#pool.use(promptIds, (session, onRead) =>
          takeSample(
            this.model,
            { promptIds, options: { ...options, signal }, session },
            async (_, token) => {
              onRead();
              if (token) await onToken?.(token);
            },
          ),
        );
        signal.throwIfAborted();
        this.metrics.generated(sample);
        this.earlier.remember(client, [...promptIds, ...sample.ids]);
        return sample;
      }),
    );
  }

  /** Log-likelihoods of the last tokens of some windows, in their turn. */
  async score(client: string, windows: readonly Window[], signal: AbortSignal): Promise<Likelihood[]> {
    const score = openRequestScorer(this.#pool, signal);
    return await this.admission.run(client, signal, () => this.metrics.during(() => score(windows)));
  }

  /** What embeds texts. @throws RequestError 400 for a server without it */
  async encoder(): Promise<Encoder> {
    if (this.embedder === undefined) throw new RequestError(400, `${this.name} embeds no texts here`);
    this.#encoder ??= this.embedder.load();
    return await this.#encoder;
  }

  /** Frees what was loaded beside the model. */
  async close(): Promise<void> {
    const encoder = await this.#encoder?.catch(() => undefined);
    await encoder?.close();
  }
}
