/** The predictions of models for the last tokens of a window. */
import { noNumber } from "../../generate/sampling/candidates.ts";
import type { Session } from "../../text/text-model.ts";
import type { Window } from "./windows.ts";

/** Bytes of the logits of all models that are in memory at a time. */
const LOGITS_BYTES = 1 << 25;

/**
 * Runs a window through sessions, one of each model, which hold nothing else then.
 *
 * @param visit gets the logits of each model before a predicted token, and the token
 * @throws GptError as `Session.append`; the signal's reason
 */
export async function scoreWindow(
  sessions: readonly Session[],
  { ids, scored }: Window,
  visit: (rows: readonly Float32Array[], target: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (const session of sessions) session.truncate(0);
  const width = sessions[0]?.config.vocabSize ?? 0;
  const most = Math.max(1, Math.floor(LOGITS_BYTES / (4 * sessions.length * width)));
  const first = ids.length - scored;
  const seen = async (begin: number, end: number) => {
    const appends = sessions.map((session) => session.append(ids.slice(begin, end), { every: true, signal }));
    const all = await Promise.all(appends);
    for (let row = 0; row < end - begin; row++) {
      const rows = all.map((logits) => logits.subarray(row * width, (row + 1) * width));
      visit(rows, ids[begin + row + 1] as number);
    }
  };
  if (first > 1) {
    const context = ids.slice(0, first - 1);
    await Promise.all(sessions.map((session) => session.append(context, { signal })));
  }
  for (let begin = first - 1; begin < ids.length - 1; begin += most) {
    await seen(begin, Math.min(begin + most, ids.length - 1));
  }
}

export interface Normalizer {
  /** Place of the largest logit. */
  readonly top: number;
  /** log sum exp of all logits: a token's log-probability is its logit less this. */
  readonly logSum: number;
}

/** @throws GptError `invalid-file` for a logit that is NaN or Infinity */
export function normalizer(logits: Float32Array): Normalizer {
  let top = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[top] as number)) top = i;
  const largest = logits[top] as number;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - largest);
  if (Number.isNaN(sum)) {
    const id = logits.findIndex((logit) => !(logit < Infinity));
    throw noNumber(id, logits[id] as number);
  }
  return { top, logSum: largest + Math.log(sum) };
}
