/** Damages the files of a model from fixed seeds, one at a time, and uses it: it works, or is refused. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { TestRandom } from "../reference/random.ts";
import { attempts, type Outcome } from "./attempt.ts";
import { mutateBytes } from "./mutations/bytes.ts";
import { mutateGgufKeys, mutateSafetensorsHeader } from "./mutations/headers.ts";
import { mutateJson } from "./mutations/json.ts";

/** What is run: how many cases, from which seed on. */
interface Plan {
  readonly cases: number;
  readonly seed: number;
}

type Use = (path: string) => Promise<void>;
type Mutation = (random: TestRandom, bytes: Uint8Array) => Uint8Array;

const jsonStructure: Mutation = (random, bytes) =>
  Buffer.from(mutateJson(random, Buffer.from(bytes).toString()));

/** How files are damaged, by how their names end. */
const mutations: Readonly<Record<string, readonly Mutation[]>> = {
  json: [mutateBytes, jsonStructure, jsonStructure],
  safetensors: [mutateBytes, mutateSafetensorsHeader],
  txt: [mutateBytes],
  bin: [mutateBytes],
  model: [mutateBytes],
};

export interface Fuzz {
  /** Damages one file of a directory at a time, those of its folders too. */
  readonly directory: (path: string, use: Use, plan: Plan) => Promise<void>;
  readonly gguf: (path: string, use: Use, plan: Plan) => Promise<void>;
}

/** Call it outside of tests. */
export function fuzz(): Fuzz {
  const attempt = attempts();
  return {
    directory: async (path, use, plan) => {
      const files = readdirSync(path, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((name) => [name, readFileSync(name)] as const);
      await use(path);
      await eachSeed(plan, async (random, seed) => {
        const [damaged, good] = random.pick(files);
        const mutate = random.pick(mutations[damaged.replace(/.*\./, "")] ?? []);
        writeFileSync(damaged, mutate(random, good));
        const outcome = await attempt(seed, damaged, () => use(path));
        writeFileSync(damaged, good);
        return outcome;
      });
    },
    gguf: async (path, use, plan) => {
      const good = readFileSync(path);
      const names = [...(await readGguf(path)).metadata.keys()];
      await use(path);
      await eachSeed(plan, (random, seed) => {
        const damaged =
          random.uniform() < 0.6 ? mutateBytes(random, good) : mutateGgufKeys(random, good, names);
        writeFileSync(path, damaged);
        return attempt(seed, path, () => use(path));
      });
    },
  };
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
