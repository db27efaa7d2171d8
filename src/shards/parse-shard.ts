/** The value of --shard. */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { shardFromEnvironment } from "./schedulers.ts";
import type { Shard } from "./shard.ts";

const MAX_COUNT = 1_000_000;

/**
 * @param text `I/N` with I from 1, `auto` as the scheduler says, or `auto/N` where the scheduler gives only
 *   the index
 * @throws GptError `usage` for anything else, and for `auto` outside a scheduler
 */
export function parseShard(text: string, environment: NodeJS.ProcessEnv): Shard {
  const [, word, whole] = /^(auto|\d{1,7})(?:\/(\d{1,7}))?$/i.exec(text.trim()) ?? [];
  const count = whole === undefined ? undefined : Number(whole);
  if (word === undefined || count === 0 || (count ?? 0) > MAX_COUNT) throw expected(text);
  if (word.toLowerCase() === "auto") return shardFromEnvironment(environment, count);
  const place = Number(word);
  if (count === undefined || place < 1 || place > count) throw expected(text);
  return { index: place - 1, count };
}

const expected = (text: string): GptError =>
  new GptError("usage", `expected I/N with I from 1 to N, such as 2/8, or auto, found ${quote(text)}`);
