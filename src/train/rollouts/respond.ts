/**
 * A policy answers prompts: responses with the log-probabilities of their ids, on the weights of the moment.
 */
import type { Session } from "../../engine/session.ts";
import { Drawing } from "../../generate/sampling/draw.ts";
import { philox4x32, Random } from "../../generate/sampling/random.ts";

export interface Response {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  /** Whether its last id ends a text. Else it is as long as a response may be. */
  readonly isEnded: boolean;
  /** Of an answer from a file that was given its reward there. */
  readonly reward?: number | undefined;
}

export interface ResponseSettings {
  /** Divides the logits, of which no other option of sampling changes anything. */
  readonly temperature: number;
  readonly maxTokens: number;
  /** Responses to a prompt. */
  readonly count: number;
  readonly endOfTextIds: readonly number[];
}

export interface ResponseRequest {
  readonly prompts: readonly (readonly number[])[];
  readonly settings: ResponseSettings;
  /** Of the run, and the number of the step: a response follows from them and its own place. */
  readonly seed: number;
  readonly step: number;
  readonly signal: AbortSignal | undefined;
}

/** Sessions that share the passes over the weights. */
const AT_A_TIME = 32;
/** Tells these random numbers from others with the seed of the run. */
const STREAM = 0x726f6c6c;

/**
 * The responses to each prompt. The prompt is read once: the sessions of its responses are forks. A prompt
 * begins as soon as its responses have room beside those that others still write. Responses do not depend on
 * how many are written at a time.
 *
 * @param createSession with the weights of the moment
 * @throws the signal's reason once it is aborted
 */
export async function respond(
  createSession: () => Session,
  { prompts, settings, seed, step, signal }: ResponseRequest,
): Promise<Response[][]> {
  const room = new Room(AT_A_TIME);
  const groups: Promise<Response[]>[] = [];
  for (const [row, prompt] of prompts.entries()) {
    await room.take(settings.count);
    const randomOf = (one: number) => {
      const [key, stream] = philox4x32([step >>> 0, row, one, STREAM], [seed, 0]);
      return new Random(key, stream);
    };
    let left = settings.count;
    const give = (count: number) => {
      left -= count;
      room.give(count);
    };
    const onWritten = () => give(Math.min(left, 1));
    const group = respondTo(createSession, { prompt, settings, randomOf, signal, onWritten });
    groups.push(group);
    group.finally(() => give(left)).catch(() => {}); // its error is thrown below, once all have ended
  }
  const results = await Promise.allSettled(groups);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** Room for some sessions at a time. */
class Room {
  readonly #most: number;
  #taken = 0;
  #given: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits until there is room for more of them. More than all have room alone. */
  async take(count: number): Promise<void> {
    while (this.#taken > 0 && this.#taken + count > this.#most) {
      await new Promise<void>((resolve) => (this.#given = resolve));
    }
    this.#taken += count;
  }

  give(count: number): void {
    this.#taken -= count;
    this.#given?.();
  }
}

interface GroupRequest extends Pick<ResponseRequest, "settings" | "signal"> {
  readonly prompt: readonly number[];
  /** Random numbers of a response, by its number in the group. */
  readonly randomOf: (one: number) => Random;
  /** Called as each response ends. */
  readonly onWritten: () => void;
}

async function respondTo(
  createSession: () => Session,
  { prompt, settings, randomOf, signal, onWritten }: GroupRequest,
): Promise<Response[]> {
  const first = createSession();
  const sessions = [first];
  try {
    const logits = await first.append(prompt, { signal });
    while (sessions.length < settings.count) sessions.push(first.fork());
    const room = first.contextSize - prompt.length;
    const own = { ...settings, maxTokens: Math.min(settings.maxTokens, room) };
    const written = sessions.map(async (session, one) => {
      const response = await write(session, logits, own, randomOf(one), signal);
      onWritten();
      return response;
    });
    return await Promise.all(written);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

async function write(
  session: Session,
  start: Float32Array,
  { temperature, maxTokens, endOfTextIds }: ResponseSettings,
  random: Random,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const drawing = new Drawing();
  const [ids, logprobs]: [number[], number[]] = [[], []];
  let logits = start;
  for (;;) {
    const { id, logprob } = drawing.draw(logits, temperature, random.uniform());
    ids.push(id);
    logprobs.push(logprob);
    const isEnded = endOfTextIds.includes(id);
    if (isEnded || ids.length >= maxTokens) return { ids, logprobs, isEnded };
    logits = await session.append([id], { signal });
  }
}
