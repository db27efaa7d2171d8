/** Damaged encoders, classifiers, embedding models and encoder-decoders work or are refused with one line. */
import { cpSync, rmSync } from "node:fs";
import { it } from "vitest";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { loadEncoder } from "../../src/library/load-encoder.ts";
import { loadClassifier, loadModel } from "../../src/library/load-model.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { fuzz } from "./fuzz.ts";

const TEXT = "The cat sat on 1234 mats – naïve 漢字 😀";

const file = temporaryFolder();
const damaged = fuzz();

async function embed(path: string): Promise<void> {
  await using encoder = await loadEncoder(path, { threads: 1 });
  await encoder.embed([TEXT, ""]);
}

async function fillMask(path: string): Promise<void> {
  await using encoder = await loadEncoder(path, { threads: 1 });
  await encoder.fillMask(`The ${encoder.maskToken} sat.`);
}

async function classify(path: string): Promise<void> {
  await using classifier = await loadClassifier(path, { threads: 1 });
  await classifier.classify(TEXT, { pair: "It did." });
}

async function translate(path: string): Promise<void> {
  const model = await loadModel(path, { threads: 1 });
  try {
    for await (const _ of model.generate(TEXT, { maxTokens: 2 }));
  } finally {
    await model.close();
  }
}

const uses: readonly (readonly [(path: string) => Promise<void>, ...string[]])[] = [
  [embed, "bert-embed", "bert-embed-cls", "xlm-roberta-embed"],
  [fillMask, "bert-mlm", "roberta-mlm", "distilbert-mlm", "modernbert-mlm"],
  [classify, "bert-classify", "roberta-classify", "distilbert-classify", "modernbert-classify"],
  [translate, "t5", "t5-v1_1", "bart"],
];
const models = uses.flatMap(([use, ...names]) => names.map((name) => ({ name, use })));

/** Without the reference, which is larger than the model. */
function copied(name: string): string {
  const folder = file(name);
  cpSync(shared(`models/golden/${name}`), folder, { recursive: true });
  rmSync(file(name, "expected.json"));
  return folder;
}

describeWithShared("damaged models that read texts work or are refused", () => {
  it.each(models)("the directory $name", { timeout: 120_000 }, ({ name, use }) =>
    damaged.directory(copied(name), use, { cases: 300, seed: 90_000 }),
  );

  it.each(models.filter(({ name }) => /^(bert-embed|t5)/.test(name)))(
    "the GGUF of $name",
    { timeout: 120_000 },
    async ({ name, use }) => {
      const path = file(`${name}.gguf`);
      await quantizeModel(shared(`models/golden/${name}`), path, "f32", { threads: 1 });
      await damaged.gguf(path, use, { cases: 200, seed: 100_000 });
    },
  );
});
