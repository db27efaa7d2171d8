/**
 * Answers that other processes drew, from the records that `gpt generate --jsonl --logprobs 0` writes: the
 * ids of a prompt, those of an answer with their log-probabilities, and the token that ended it. Where `gpt
 * reward --annotate` has added a reward, that counts.
 */
import { findSources } from "../../data/index.ts";
import { contentOf } from "../../data/records/content.ts";
import { GptError } from "../../errors.ts";
import { invalidFile } from "../../files/invalid-file.ts";
import { isJsonObject, type JsonValue } from "../../files/json.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import type { Response } from "./respond.ts";

interface Taken {
  /** Passes over the prompts before this one. */
  readonly epoch: number;
  /** Answers to the prompt. */
  readonly count: number;
  /** The longest prompt with its answer in tokens. */
  readonly room: number;
}

export class GivenRollouts {
  readonly #path: string;
  /** By the ids of the prompt, in the order of the file. */
  readonly #answers: ReadonlyMap<string, readonly Response[]>;

  private constructor(path: string, answers: ReadonlyMap<string, readonly Response[]>) {
    this.#path = path;
    this.#answers = answers;
  }

  /** @throws GptError `invalid-file` for a record without log-probabilities; as `findSources` */
  static async read(path: string): Promise<GivenRollouts> {
    const answers = new Map<string, Response[]>();
    for (const source of await findSources([path])) {
      const content = await contentOf(source);
      if (content.kind === "text")
        throw invalidFile(source.name, "is text: expected what gpt generate --jsonl --logprobs 0 writes");
      for await (const record of content.records) {
        const key = keyOf(idsIn(record, "prompt_ids"));
        const own = answers.get(key) ?? [];
        own.push(responseIn(record));
        answers.set(key, own);
      }
    }
    return new GivenRollouts(path, answers);
  }

  /** @throws GptError `usage` if the file has too few answers; `resource` for one that is too long */
  take(prompt: readonly number[], { epoch, count, room }: Taken): Response[] {
    const all = this.#answers.get(keyOf(prompt)) ?? [];
    const own = all.slice(epoch * count, (epoch + 1) * count);
    if (own.length < count) {
      const needed = `epoch ${epoch + 1} needs ${(epoch + 1) * count}`;
      const problem = `has ${all.length} answers to the prompt of ids ${prompt.slice(0, 8).join(", ")}`;
      throw new GptError("usage", `${this.#path}: ${problem}, ${needed}: draw more, or lower --epochs`);
    }
    const longest = Math.max(...own.map(({ ids }) => prompt.length + ids.length));
    if (longest <= room) return own;
    const problem = `has ${longest} tokens with its prompt`;
    throw new GptError("resource", `${this.#path}: an answer ${problem}, the context has ${room}`);
  }
}

const keyOf = (ids: readonly number[]): string => ids.join(" ");

function idsIn(record: JsonFields, name: string): readonly number[] {
  const isId = (id: JsonValue): id is number => Number.isSafeInteger(id) && (id as number) >= 0;
  const ids = record.list(name);
  return ids.every(isId) ? ids : record.fail(name, "a list of token ids");
}

function responseIn(record: JsonFields): Response {
  const reward = record.get("reward");
  if (reward !== undefined && typeof reward !== "number") record.fail("reward", "a number", reward);
  return { ...writtenIn(record), ...(reward === undefined ? {} : { reward }) };
}

function writtenIn(record: JsonFields): Response {
  const ids = idsIn(record, "ids");
  const logprobs = record.list("logprobs").map((token) => logprobIn(record, token));
  if (logprobs.length !== ids.length)
    record.fail("logprobs", `a log-probability for each of ${ids.length} ids`, logprobs.length);
  const end = record.optionalObject("end");
  if (end === undefined) {
    if (ids.length === 0) record.fail("ids", "one id at least", ids);
    if (record.get("finish_reason") === "eos") record.fail("end", "the token that ended the answer");
    return { ids, logprobs, isEnded: false };
  }
  const logprob = end.get("logprob");
  const own = logprobIn(record, { logprob: logprob ?? null });
  return { ids: [...ids, end.count("id")], logprobs: [...logprobs, own], isEnded: true };
}

function logprobIn(record: JsonFields, token: JsonValue): number {
  const logprob = isJsonObject(token) ? token.logprob : undefined;
  if (typeof logprob === "number" && logprob <= 0) return logprob;
  return record.fail("logprobs", 'objects with a "logprob" of at most 0', token);
}
