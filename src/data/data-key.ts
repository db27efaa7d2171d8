/** Key of a file of training tokens: a hash of its origin. The same key means the same tokens. */

import { createHash, randomBytes } from "node:crypto";
import type { Tokenizer } from "../tokenizer/index.ts";
import type { DataSource } from "./sources.ts";
import { VERSION } from "./token-format.ts";

/** Text whose ids depend on splits and merges, and not on the vocabulary alone. */
const PROBE =
  "Hello, world's  1234567 don'T\r\n\n\t iPhone (3.14) == ÀÉ ſ 中文字 한국어 हिन्दी e\u0301 😀👨‍👩‍👧 <|endoftext|> \u00a0\u3000 x".repeat(
    2,
  );

/**
 * @param sources read in this order
 * @param division other settings, such as the share that is held out
 * @returns 32 bytes; new ones each time for a source that can be read once only
 */
export function dataKey(tokenizer: Tokenizer, sources: readonly DataSource[], division: string): Uint8Array {
  const hash = createHash("sha256").update(`tokens ${VERSION}`).update(tokenizerFingerprint(tokenizer));
  for (const { name, format, fingerprint } of sources) {
    hash.update(JSON.stringify(fingerprint === undefined ? name : { ...fingerprint, format }));
    if (fingerprint === undefined) hash.update(randomBytes(32));
  }
  return hash.update(division).digest();
}

/** SHA-256 of the vocabulary and of the ids of `PROBE`. */
export function tokenizerFingerprint(tokenizer: Tokenizer): Uint8Array {
  const { vocabSize, bosId, addBos, startIds, endOfTextIds } = tokenizer;
  const several = startIds.length > 1 && { startIds };
  const roles = { vocabSize, bosId, addBos, endOfTextIds, ...several };
  const hash = createHash("sha256").update(JSON.stringify(roles));
  const separator = Uint8Array.of(0xff); // occurs in no UTF-8
  for (let id = 0; id < vocabSize; id++) {
    hash.update(bytesOf(tokenizer, id)).update(separator);
    if (tokenizer.isSpecial(id)) hash.update(separator);
  }
  return hash.update(JSON.stringify(tokenizer.encode(PROBE))).digest();
}

/** Empty for an unused id. */
function bytesOf(tokenizer: Tokenizer, id: number): Uint8Array {
  try {
    return tokenizer.bytes(id);
  } catch {
    return new Uint8Array(0);
  }
}
