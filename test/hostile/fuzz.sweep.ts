/**
 * Thousands of damaged models from fixed seeds: each loads and writes a token, or is refused with one line.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { TestRandom } from "../reference/random.ts";
import { describeWithShared, shared } from "../shared.ts";
import { attempts, type Outcome } from "./attempt.ts";
import { mutateBytes } from "./mutations/bytes.ts";
import { mutateGgufKeys, mutateSafetensorsHeader } from "./mutations/headers.ts";
import { mutateJson } from "./mutations/json.ts";
import {
  writeGgufGpt2,
  writeGgufLlama,
  writeGpt2,
  writeLlama,
  writePytorchGpt2,
  writeVocabulary,
} from "./subjects.ts";

/** What is run: how many cases, from which seed on. */
interface Plan {
  readonly cases: number;
  readonly seed: number;
}

type Mutation = (random: TestRandom, bytes: Uint8Array) => Uint8Array;

const TEXT = "The cat sat on 1234 mats\n\n  – naïve 漢字 😀 <|endoftext|></s> don't";

const file = temporaryFolder();
const attempt = attempts();

async function writeToken(path: string): Promise<void> {
  const model = await loadModel(path, { threads: 1 });
  try {
    if (model.hasTokenizer) roundTrip(model.tokenizer);
    for await (const _ of model.generate(model.hasTokenizer ? "The cat" : [1], { maxTokens: 1 }));
  } finally {
    await model.close();
  }
}

async function useTokenizer(directory: string): Promise<void> {
  const tokenizer = await loadTokenizer(directory, "GPT2Tokenizer");
  if (tokenizer !== undefined) roundTrip(tokenizer);
}

function roundTrip(tokenizer: Tokenizer): void {
  for (const parseSpecial of [false, true]) tokenizer.decode(tokenizer.encode(TEXT, { parseSpecial }));
}

const jsonStructure: Mutation = (random, bytes) =>
  Buffer.from(mutateJson(random, Buffer.from(bytes).toString()));

/** How files are damaged, by how their names end. */
const mutations: Readonly<Record<string, readonly Mutation[]>> = {
  json: [mutateBytes, jsonStructure, jsonStructure],
  safetensors: [mutateBytes, mutateSafetensorsHeader],
  txt: [mutateBytes],
  bin: [mutateBytes],
};

/** Damages one file of a directory at a time. */
async function fuzzDirectory(path: string, use: (path: string) => Promise<void>, plan: Plan): Promise<void> {
  const files = readdirSync(path).map(
    (name) => [`${path}/${name}`, readFileSync(`${path}/${name}`)] as const,
  );
  await use(path);
  await eachSeed(plan, async (random, seed) => {
    const [damaged, good] = random.pick(files);
    const mutate = random.pick(mutations[damaged.replace(/.*\./, "")] ?? []);
    writeFileSync(damaged, mutate(random, good));
    const outcome = await attempt(seed, damaged, () => use(path));
    writeFileSync(damaged, good);
    return outcome;
  });
}

async function fuzzGguf(path: string, plan: Plan): Promise<void> {
  const good = readFileSync(path);
  const names = [...(await readGguf(path)).metadata.keys()];
  await writeToken(path);
  await eachSeed(plan, (random, seed) => {
    const damaged = random.uniform() < 0.6 ? mutateBytes(random, good) : mutateGgufKeys(random, good, names);
    writeFileSync(path, damaged);
    return attempt(seed, path, () => writeToken(path));
  });
}

/** Damage that is always noticed, or never, would say that it does not reach what it should. */
async function eachSeed(
  { cases, seed }: Plan,
  run: (random: TestRandom, seed: number) => Promise<Outcome>,
): Promise<void> {
  const outcomes = { loaded: 0, refused: 0 };
  for (let i = 0; i < cases; i++) outcomes[await run(new TestRandom(seed + i), seed + i)]++;
  expect(outcomes.loaded).toBeGreaterThan(cases / 50);
  expect(outcomes.refused).toBeGreaterThan(cases / 50);
}

const PATIENCE = { timeout: 120_000 };

describe("damaged models load or are refused", PATIENCE, () => {
  it("GPT-2 directories", () => fuzzDirectory(writeGpt2(file("gpt2")), writeToken, { cases: 1000, seed: 0 }));
  it("Llama directories", () =>
    fuzzDirectory(writeLlama(file("llama")), writeToken, { cases: 1000, seed: 10_000 }));
  it("GPT-2 directories of PyTorch", () =>
    fuzzDirectory(writePytorchGpt2(file("pytorch")), writeToken, { cases: 500, seed: 80_000 }));
  it("GPT-2 GGUF files", () => fuzzGguf(writeGgufGpt2(file("gpt2.gguf")), { cases: 750, seed: 20_000 }));
  it("Llama GGUF files", () => fuzzGguf(writeGgufLlama(file("llama.gguf")), { cases: 750, seed: 30_000 }));
  it("vocab.json and merges.txt", () =>
    fuzzDirectory(writeVocabulary(file("vocabulary")), useTokenizer, { cases: 500, seed: 40_000 }));

  it("the embedded model's tokenizer", () => {
    const embedded = fileURLToPath(new URL("../../models/stories/tokenizer.json", import.meta.url));
    mkdirSync(file("embedded"));
    copyFileSync(embedded, file("embedded", "tokenizer.json"));
    return fuzzDirectory(file("embedded"), useTokenizer, { cases: 100, seed: 50_000 });
  });
});

describeWithShared("damaged models of others load or are refused", () => {
  it("stories260k.gguf", () => {
    writeFileSync(file("stories260k.gguf"), readFileSync(shared("models/stories260k.gguf")));
    return fuzzGguf(file("stories260k.gguf"), { cases: 100, seed: 60_000 });
  });

  it.each(["gpt2", "openai-gpt", "llama", "qwen2"])("golden %s", (name) => {
    mkdirSync(file(`golden-${name}`));
    for (const part of ["config.json", "model.safetensors"]) {
      writeFileSync(file(`golden-${name}`, part), readFileSync(shared(`models/golden/${name}/${part}`)));
    }
    return fuzzDirectory(file(`golden-${name}`), writeToken, { cases: 50, seed: 70_000 });
  });
});
