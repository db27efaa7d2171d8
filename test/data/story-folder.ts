/**
 * A folder of short stories, with a tokenizer of their own and the training data that is prepared of them.
 */
import { writeFileSync } from "node:fs";
import { beforeAll } from "vitest";
import { CHATML } from "../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../src/chat/template/dialogue-ids.ts";
import { type DataOptions, prepareData, type TrainingData } from "../../src/data/index.ts";
import { loadTokenizer, type Tokenizer } from "../../src/tokenizer/index.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/trainer/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

export const stories = Array.from(
  { length: 200 },
  (_, i) => `Story ${i}: the cat sat on mat ${i * i}, said café ${i}.`,
);

/** Call it outside of tests. The tokenizer is there once the tests begin, as is stories.txt. */
export function storyFolder() {
  const path = temporaryFolder();
  let tokenizer: Tokenizer;
  let folders = 0;
  const folder = () => path(`data-${folders++}`);

  beforeAll(async () => {
    const special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
    await saveTokenizer(
      await trainTokenizer(stories, { specialTokens: special, vocabSize: 400 }),
      path("tokenizer"),
    );
    const loaded = await loadTokenizer(path("tokenizer"));
    if (loaded === undefined) throw new Error("no tokenizer was saved");
    tokenizer = loaded;
    writeFileSync(path("stories.txt"), stories.join("\n<|endoftext|>\n"));
  });

  async function prepared<T>(
    options: Pick<DataOptions, "sources"> & Partial<DataOptions>,
    use: (data: TrainingData) => Promise<T>,
  ): Promise<T> {
    const data = await prepareData({ tokenizer, dialogues: dialogues(), directory: folder(), ...options });
    await using _train = data.train;
    await using _valid = data.valid;
    return await use(data);
  }

  const dialogues = () => new DialogueIds(CHATML, tokenizer);
  return { path, folder, prepared, dialogues, storyTokenizer: () => tokenizer };
}

/** The tokenizer as an object whose parts can be replaced. */
export const plain = (from: Tokenizer): Tokenizer => ({
  vocabSize: from.vocabSize,
  bosId: from.bosId,
  addBos: from.addBos,
  startIds: from.startIds,
  endIds: from.endIds,
  endOfTextIds: from.endOfTextIds,
  encode: (text, options) => from.encode(text, options),
  decode: (ids, options) => from.decode(ids, options),
  bytes: (id) => from.bytes(id),
  isSpecial: (id) => from.isSpecial(id),
  controlTokenId: (text) => from.controlTokenId(text),
  stream: (previous) => from.stream(previous),
});
