/** Lines of a batch -> results, several at a time. */
import { OptionError } from "../../checks/option-error.ts";
import type { SessionPool } from "../../engine/session-pool.ts";
import { GptError } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../files/json.ts";
import { type Line, lineText } from "../../files/lines.ts";
import { snakeCase, snakeCaseName } from "../../files/snake-case.ts";
import type { GenerateOptions } from "../../generate/options/options.ts";
import { type NamedModel, sampleRecord } from "../samples/record.ts";
import { type Sample, type SampleRequest, takeSample, textOfPrompt } from "../samples/sample.ts";
import type { Session } from "../text-model.ts";
import { fingerprint } from "./fingerprint.ts";
import { identification, type ReadOptions, readRequest } from "./request.ts";

export interface Answer {
  /** One line of JSON, with its line feed. */
  readonly json: string;
  /** Undefined if the line was wrong. */
  readonly sample: Sample | undefined;
}

export interface AnswerSettings {
  /** The text of a line -> the fields of a request. */
  readonly parse: (text: string) => JsonObject;
  readonly readOptions: ReadOptions;
  /** The options of a line -> all options of its generation. */
  readonly resolve: (own: GenerateOptions) => GenerateOptions;
  /** Whether texts begin with their prompts. */
  readonly echo: boolean;
  /** Facts beside the options that a resumed batch must share. Undefined: results have no fingerprint. */
  readonly shared?: object | undefined;
  readonly signal?: AbortSignal;
  /** Once it is aborted no further line begins; those that have begun are finished. */
  readonly warned?: AbortSignal;
}

/** Why a result belongs to another batch. */
export type Difference = "line" | "seed" | "settings";

export class Answerer {
  readonly #named: NamedModel;
  readonly #settings: AnswerSettings;
  readonly #pool: SessionPool<Session>;

  /** @param pool the prompts run on its sessions */
  constructor(named: NamedModel, pool: SessionPool<Session>, settings: AnswerSettings) {
    this.#named = named;
    this.#pool = pool;
    this.#settings = settings;
  }

  /**
   * The answer to a wrong line is its error. Rejects with the signal's reason once that is aborted, and a line
   * that has not begun with that of `warned`.
   */
  async answer(line: Line): Promise<Answer> {
    let id: { readonly id?: JsonValue } = {};
    try {
      const fields = this.#settings.parse(lineText(line));
      id = identification(fields);
      const request = this.#request(fields);
      const sample = await this.#sample(request);
      this.#settings.signal?.throwIfAborted();
      return { json: jsonLine(id, this.#record(sample, request)), sample };
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      const { code } = error;
      const message = error instanceof OptionError ? error.spelled(snakeCaseName) : error.message;
      return { json: jsonLine(id, { error: { code, message } }), sample: undefined };
    }
  }

  /**
   * How a result differs from the one that `answer` gives for a line; undefined if it does not. An error is
   * compared by its id alone. A result without a fingerprint may have been made with other settings: only its
   * seed can tell.
   */
  difference(result: JsonObject, line: Line): Difference | undefined {
    const failed = "error" in result;
    try {
      const fields = this.#settings.parse(lineText(line));
      if (!isSame(result.id, identification(fields).id)) return "line";
      if (failed) return undefined;
      const request = this.#request(fields);
      if (!isSame(result.prompt_ids, [...request.promptIds])) return "line";
      const { seed } = request.options;
      if (seed !== undefined && result.seed !== seed) return "seed";
      const { shared } = this.#settings;
      if (shared === undefined || result.settings === undefined) return undefined;
      return result.settings === this.#fingerprint(request, shared) ? undefined : "settings";
    } catch (error) {
      if (error instanceof GptError) return failed ? undefined : "line";
      throw error;
    }
  }

  #sample(request: SampleRequest): Promise<Sample> {
    return this.#pool.use(request.promptIds, (session, onRead) => {
      this.#settings.warned?.throwIfAborted();
      return takeSample(this.#named.model, { ...request, session }, async (_, token) => {
        if (token !== undefined) onRead();
      });
    });
  }

  #request(fields: JsonObject): SampleRequest {
    const { model } = this.#named;
    const { echo, signal, readOptions, resolve } = this.#settings;
    const { prompt, options: own } = readRequest(fields, readOptions);
    const options = resolve(own);
    return {
      promptIds: model.promptIds(prompt, options),
      ...(echo && { echo: textOfPrompt(prompt, model) }),
      options: {
        ...options,
        promptLogprobs: echo && options.logprobs !== undefined,
        ...(signal && { signal }),
      },
    };
  }

  /** As --json writes it, without times: the same batch gives the same bytes. */
  #record(sample: Sample, request: SampleRequest): object {
    const { timings: _, ...record } = sampleRecord(sample, this.#named);
    const { shared } = this.#settings;
    return shared === undefined ? record : { ...record, settings: this.#fingerprint(request, shared) };
  }

  #fingerprint({ options }: SampleRequest, shared: object): string {
    const { model, name } = this.#named;
    const echo = this.#settings.echo || undefined;
    return fingerprint({ ...model.generationDefaults, ...options }, { ...shared, echo, model: name });
  }
}

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const jsonLine = (id: { readonly id?: JsonValue }, fields: object): string =>
  `${JSON.stringify(Object.assign({}, id, snakeCase(fields)))}\n`;
