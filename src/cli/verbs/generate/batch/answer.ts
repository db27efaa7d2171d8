/** The lines of a batch -> its results, several at a time. */

import type { SessionPool } from "../../../../engine/session-pool.ts";
import { GptError } from "../../../../errors.ts";
import type { JsonObject, JsonValue } from "../../../../files/json.ts";
import { type Line, lineText } from "../../../../files/lines.ts";
import { sampleRecord } from "../../../../text/samples/record.ts";
import {
  type Sample,
  type SampleRequest,
  takeSample,
  textOfPrompt,
} from "../../../../text/samples/sample.ts";
import type { Session } from "../../../../text/text-model.ts";
import { snakeCase } from "../../../terminal/output.ts";
import { effectiveOptions, type RankedOptions } from "../effective-options.ts";
import type { LoadedModel } from "../loaded-model.ts";
import { identification, readRequest } from "./request.ts";

export interface Answer {
  /** One line of JSON, with its line feed. */
  readonly json: string;
  /** Undefined where the line was wrong. */
  readonly sample: Sample | undefined;
}

export interface AnswerSettings {
  /** The text of a line -> the fields of a request. */
  readonly parse: (text: string) => JsonObject;
  /** What holds where a line does not say otherwise: what a line says counts as typed. */
  readonly options: RankedOptions;
  /** Whether texts begin with their prompts. */
  readonly echo: boolean;
  readonly signal?: AbortSignal;
}

export class Answerer {
  readonly #loaded: LoadedModel;
  readonly #settings: AnswerSettings;
  readonly #pool: SessionPool<Session>;

  /** @param pool what the prompts run on */
  constructor(loaded: LoadedModel, pool: SessionPool<Session>, settings: AnswerSettings) {
    this.#loaded = loaded;
    this.#pool = pool;
    this.#settings = settings;
  }

  /** A line that is wrong is answered with its error. Rejects with the signal's reason where it is aborted. */
  async answer(line: Line): Promise<Answer> {
    let id: { readonly id?: JsonValue } = {};
    try {
      const fields = this.#settings.parse(lineText(line));
      id = identification(fields);
      const sample = await this.#sample(fields);
      this.#settings.signal?.throwIfAborted();
      return { json: jsonLine(id, this.#record(sample)), sample };
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      const { code, message } = error;
      return { json: jsonLine(id, { error: { code, message } }), sample: undefined };
    }
  }

  /** Whether a result may be that of a line: its id is the line's, and its prompt too where it is no error. */
  isAnswer(result: JsonObject, line: Line): boolean {
    const failed = "error" in result;
    try {
      const fields = this.#settings.parse(lineText(line));
      if (!isSame(result.id, identification(fields).id)) return false;
      return failed || isSame(result.prompt_ids, [...this.#request(fields).promptIds]);
    } catch (error) {
      if (error instanceof GptError) return failed;
      throw error;
    }
  }

  #sample(fields: JsonObject): Promise<Sample> {
    const request = this.#request(fields);
    return this.#pool.use(request.promptIds, (session, onRead) =>
      takeSample(this.#loaded.model, { ...request, session }, async (_, token) => {
        if (token !== undefined) onRead();
      }),
    );
  }

  #request(fields: JsonObject): SampleRequest {
    const { model } = this.#loaded;
    const { prompt, options: own } = readRequest(fields);
    const {
      echo,
      signal,
      options: { typed, inherited },
    } = this.#settings;
    const options = effectiveOptions({ typed: { ...typed, ...own }, inherited }, model);
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
  #record(sample: Sample): object {
    const { timings: _, ...record } = sampleRecord(sample, this.#loaded);
    return record;
  }
}

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const jsonLine = (id: { readonly id?: JsonValue }, fields: object): string =>
  `${JSON.stringify(Object.assign({}, id, snakeCase(fields)))}\n`;
