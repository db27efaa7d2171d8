import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

type Settings = Readonly<Record<string, number | boolean | string>>;
type Row = readonly [settings: Settings, example: number, ids: readonly number[], score: number | null];

/** What `generate` of transformers 5.18 writes in float64, 12 tokens at most. */
const T5: readonly Row[] = [
  [{ num_beams: 2 }, 0, [143, 30, 21, 67, 83, 27, 27, 27, 27, 83, 27, 27], -3.20415],
  [{ num_beams: 3, length_penalty: 2 }, 1, [67, 30, 198, 21, 83, 21, 21, 21, 21, 21, 21, 21], -0.2566],
  [{ num_beams: 3, early_stopping: true, length_penalty: -1 }, 2, [84, 1], -11.43928],
  [
    { num_beams: 2, early_stopping: "never", length_penalty: 0.5 },
    0,
    [143, 30, 21, 67, 83, 27, 27, 27, 27, 83, 27, 27],
    -11.0995,
  ],
  [{ min_new_tokens: 9 }, 1, [67, 30, 198, 21, 83, 21, 83, 21, 21, 21, 21, 21], null],
  [{ num_beams: 3, min_length: 10 }, 2, [143, 143, 143, 143, 143, 143, 143, 84, 65, 84, 65, 84], -3.0849],
  [{ no_repeat_ngram_size: 2 }, 0, [143, 30, 21, 67, 27, 27, 153, 228, 175, 78, 135, 156], null],
  [
    { num_beams: 3, no_repeat_ngram_size: 2, min_new_tokens: 6 },
    1,
    [67, 30, 198, 21, 261, 21, 83, 21, 27, 21, 21, 226],
    -3.22083,
  ],
  [
    { num_beams: 3, forced_eos_token_id: 1, no_repeat_ngram_size: 1 },
    0,
    [143, 30, 21, 67, 83, 27, 153, 228, 175, 78, 135, 1],
    -3.02789,
  ],
];

const BART: readonly Row[] = [
  [{ num_beams: 2 }, 0, [38, 23, 227, 23, 41, 39, 161, 23, 23, 227, 126, 137], -1.49572],
  [
    { num_beams: 3, length_penalty: 2 },
    1,
    [266, 126, 107, 107, 107, 133, 266, 126, 107, 107, 107, 107],
    -0.17086,
  ],
  [
    { num_beams: 3, no_repeat_ngram_size: 2, min_new_tokens: 6 },
    1,
    [266, 126, 107, 107, 285, 107, 266, 291, 133, 291, 177, 107],
    -2.17192,
  ],
  [
    { num_beams: 2, forced_bos_token_id: 7 },
    2,
    [7, 23, 122, 126, 285, 266, 266, 126, 190, 256, 221, 266],
    -1.57804,
  ],
  [
    { forced_bos_token_id: 9, forced_eos_token_id: 2, repetition_penalty: 1.5 },
    1,
    [9, 189, 291, 107, 26, 133, 266, 126, 285, 296, 87, 2],
    null,
  ],
];

const file = temporaryFolder();

describeWithShared("the settings of generation_config.json of an encoder with a decoder", () => {
  it.each([
    ["t5", 1, T5],
    ["bart", 2, BART],
  ] as const)("%s writes as transformers does", async (name, end, rows) => {
    const source = shared(`models/golden/${name}`);
    const { cases } = JSON.parse(readFileSync(join(source, "expected.json"), "utf8"));
    const folder = file(name);
    cpSync(source, folder, { recursive: true });
    chmodSync(folder, 0o755);
    const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8"));
    const { forced_bos_token_id: _, forced_eos_token_id: __, ...others } = config;
    rmSync(join(folder, "config.json"));
    writeFileSync(join(folder, "config.json"), JSON.stringify(others));
    for (const [settings, example, ids, score] of rows) {
      rmSync(join(folder, "generation_config.json"), { force: true });
      const fields = { ...settings, do_sample: false, eos_token_id: end };
      writeFileSync(join(folder, "generation_config.json"), JSON.stringify(fields));
      await using model = await loadModel(folder, { threads: 1 });
      expect(model.unsupportedGenerationConfig).toEqual([]);
      const generation = model.generate(cases[example].ids, { maxTokens: 12 });
      const written: number[] = [];
      let step = await generation.next();
      for (; !step.done; step = await generation.next()) written.push(step.value.id);
      expect([settings, written]).toEqual([settings, ids.at(-1) === end ? ids.slice(0, -1) : ids]);
      if (score !== null) expect(step.value.score).toBeCloseTo(score, 3);
    }
  });
});
