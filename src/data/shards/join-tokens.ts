/** Parts of a file of tokens: a head with the sums of their counts, and their tokens. */
import { GptError } from "../../errors.ts";
import type { Joiner } from "../../shards/join/joiner.ts";
import { bytesOf } from "../../shards/join/lines.ts";
import { TokenFile } from "../token-file.ts";
import { encodeHead, HEAD_SIZE, type TokenFileHead } from "../token-format.ts";

export const joinTokens: Joiner = async function* (paths) {
  const heads: TokenFileHead[] = [];
  for (const path of paths) {
    await using file = await TokenFile.open(path);
    const [first = file.head] = heads;
    if (!isAlike(file.head, first)) {
      throw new GptError(
        "usage",
        `${path}: has tokens of another form than ${paths[0]}: run its shard again`,
      );
    }
    heads.push(file.head);
  }
  const [first] = heads;
  if (first === undefined) return;
  const sum = (count: "tokens" | "learned" | "documents" | "textBytes") =>
    heads.reduce((total, head) => total + head[count], 0);
  yield encodeHead({
    ...first,
    tokens: sum("tokens"),
    learned: sum("learned"),
    documents: sum("documents"),
    textBytes: sum("textBytes"),
  });
  for (const path of paths) yield* bytesOf(path, HEAD_SIZE);
};

const isAlike = (a: TokenFileHead, b: TokenFileHead): boolean =>
  a.tokenSize === b.tokenSize &&
  a.marked === b.marked &&
  a.vocabSize === b.vocabSize &&
  Buffer.compare(a.key, b.key) === 0;
