/** A generation for tests, from its first token to its end, and what it is mostly run on. */
import { anything, type Cursor } from "../../src/generate/cursor.ts";
import { generate } from "../../src/generate/generate.ts";
import type { GeneratedId } from "../../src/generate/generation.ts";
import type { LogitsSource } from "../../src/generate/logits-source.ts";
import type { GenerateOptions } from "../../src/generate/options/options.ts";
import { hashedLogits } from "./fake-source.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { ScriptedSource } from "./scripted-source.ts";

const script = [1, 2, 3, 4, 0, 1, 2];
export const hashed = hashedLogits(10);
export const source5 = (contextSize?: number) => new ScriptedSource(script, 5, contextSize);

interface Case {
  readonly prompt?: readonly number[];
  readonly endOfTextIds?: readonly number[];
  readonly cursor?: Cursor;
  readonly keepFirst?: boolean;
}

/** Refuses some ids, and ends the text after others. */
export function cursorOf(banned: readonly number[], complete: readonly number[] = []): Cursor {
  const after = (id: number): Cursor | undefined =>
    banned.includes(id) ? undefined : { after, complete: complete.includes(id) };
  return { after, complete: false };
}

/** Everything that is yielded, and how it went. */
export async function collect(
  source: LogitsSource,
  options: GenerateOptions,
  request: Case = {},
  vocabSize = 5,
) {
  const settings = resolveSettings({ temperature: 0, seed: 1, ...options }, vocabSize);
  const generation = generate(source, {
    prompt: [0],
    endOfTextIds: [],
    cursor: anything,
    settings,
    ...request,
  });
  const tokens: GeneratedId[] = [];
  for (;;) {
    const { value, done } = await generation.next();
    if (done) return { tokens, ids: tokens.map(({ id }) => id), ...value };
    tokens.push(value);
  }
}

export async function run(...parameters: Parameters<typeof collect>) {
  const { ids, finishReason } = await collect(...parameters);
  return { ids, reason: finishReason };
}
