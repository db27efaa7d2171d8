/** A policy answers prompts: responses with the log-probabilities of their ids, on the weights of the moment. */
import type { Session } from "../../engine/session.ts";
import { Drawing } from "../../generate/sampling/draw.ts";
import { philox4x32, Random } from "../../generate/sampling/random.ts";

export interface Response {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  /** Whether its last id ends a text. Else it is as long as a response may be. */
  readonly isEnded: boolean;
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
 * The responses to each prompt. The prompt is read once: the sessions of its responses are forks. Responses do
 * not depend on how many are written at a time.
 *
 * @param createSession with the weights of the moment
 * @throws the signal's reason once it is aborted
 */
export async function respond(
  createSession: () => Session,
  { prompts, settings, seed, step, signal }: ResponseRequest,
): Promise<Response[][]> {
  const answers: Response[][] = [];
  let next = 0;
  const work = async () => {
    for (let row = next++; row < prompts.length; row = next++) {
      const randomOf = (one: number) => {
        const [key, stream] = philox4x32([step >>> 0, row, one, STREAM], [seed, 0]);
        return new Random(key, stream);
      };
      answers[row] = await respondTo(createSession, prompts[row] ?? [], settings, randomOf, signal);
    }
  };
  const workers = Math.max(1, Math.floor(AT_A_TIME / settings.count));
  const results = await Promise.allSettled(Array.from({ length: workers }, work));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return answers;
}

async function respondTo(
  createSession: () => Session,
  prompt: readonly number[],
  settings: ResponseSettings,
  randomOf: (one: number) => Random,
  signal: AbortSignal | undefined,
): Promise<Response[]> {
  const first = createSession();
  const sessions = [first];
  try {
    const logits = await first.append(prompt, { signal });
    while (sessions.length < settings.count) sessions.push(first.fork());
    const room = first.contextSize - prompt.length;
    const own = { ...settings, maxTokens: Math.min(settings.maxTokens, room) };
    const written = sessions.map((session, one) => write(session, logits, own, randomOf(one), signal));
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
