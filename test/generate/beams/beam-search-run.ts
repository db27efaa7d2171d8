/** A beam search for tests, from its first token to its end. */
import { beamSearch } from "../../../src/generate/beams/beam-search.ts";
import { anything, type Cursor } from "../../../src/generate/cursor.ts";
import type { LogitsSource } from "../../../src/generate/logits-source.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { resolveSettings } from "../resolve-settings.ts";

interface Case {
  readonly prompt?: readonly number[];
  readonly endOfTextIds?: readonly number[];
  readonly cursor?: Cursor;
}

export async function run(
  source: LogitsSource,
  vocabSize: number,
  options: GenerateOptions,
  request: Case = {},
) {
  const settings = resolveSettings({ beams: 3, ...options }, vocabSize);
  const search = beamSearch(source, {
    prompt: [0],
    endOfTextIds: [],
    cursor: anything,
    settings,
    ...request,
  });
  const ids: number[] = [];
  for (;;) {
    const { value, done } = await search.next();
    if (done) return { ids, ...value };
    ids.push(value.id);
  }
}
