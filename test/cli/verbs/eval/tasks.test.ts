import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { shell } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();

/** Rows as the official files have them, by the file. */
const ROWS: Readonly<Record<string, readonly object[]>> = {
  "CB/val.jsonl": [{ premise: "It rains.", hypothesis: "It is wet", label: "entailment" }],
  "COPA/val.jsonl": [
    { premise: "The dog barked.", choice1: "A cat came.", choice2: "It slept.", question: "cause", label: 0 },
  ],
  "MultiRC/val.jsonl": [
    {
      passage: {
        text: "Tom has a ball.",
        questions: [{ question: "What has Tom?", answers: [{ text: "A ball", label: 1 }] }],
      },
    },
  ],
  "ReCoRD/val.jsonl": [
    {
      passage: {
        text: "Tom met Lily.\n@highlight\nThey played",
        entities: [
          { start: 0, end: 2 },
          { start: 8, end: 11 },
        ],
      },
      qas: [{ query: "@placeholder has a ball", answers: [{ text: "Tom" }] }],
    },
  ],
  "ARC-Easy/test.jsonl": [
    {
      question: {
        stem: "What is wet?",
        choices: [
          { text: "rain", label: "A" },
          { text: "sand", label: "B" },
        ],
      },
      answerKey: "A",
    },
    { question: "What is dry?", choices: { text: ["rain", "sand"], label: ["1", "2"] }, answerKey: "2" },
  ],
  "openbookqa/test.jsonl": [
    {
      question: {
        stem: "Ice is",
        choices: [
          { text: "cold", label: "A" },
          { text: "hot", label: "B" },
        ],
      },
      answerKey: "A",
    },
  ],
  "truthfulqa/validation.jsonl": [
    {
      question: "What is a cat?",
      mc1_targets: { choices: ["An animal.", "A fish."], labels: [1, 0] },
      mc2_targets: { "An animal.": 1, "A pet.": 1, "A fish.": 0 },
    },
  ],
  "BoolQ/val.jsonl": [{ passage: "Dogs bark.", question: "do dogs bark", label: true }],
  "llm_adapters/boolq/test.json": [
    {
      instruction: "Please answer, question: do dogs bark?\n\nAnswer format: true/false",
      answer: "true",
    },
  ],
  "hellaswag/validation.jsonl": [
    {
      activity_label: "Playing",
      ctx_a: "A dog [title] runs.",
      ctx_b: "it",
      endings: ["barks.", "reads."],
      label: 0,
    },
  ],
  "winogrande/dev.jsonl": [
    { sentence: "Tom likes the cat because _ is kind.", option1: "Tom", option2: "the cat", answer: "2" },
  ],
  "RTE/val.jsonl": [{ premise: "It rains.", hypothesis: "It is wet.", label: "not_entailment" }],
  "WiC/val.jsonl": [
    { sentence1: "The bank is green.", sentence2: "A bank has money.", start1: 4, end1: 8, label: false },
  ],
  "WSC/val.jsonl": [
    {
      text: "Tom saw a dog , and he ran .",
      target: { span1_text: "Tom", span2_text: "he", span2_index: 6 },
      label: true,
    },
  ],
};

/** What `gpt eval show` prints of the prompt. */
const PROMPTS: Readonly<Record<string, string>> = {
  cb: "It rains.\nQuestion: It is wet. True, False, or Neither?\nAnswer:",
  copa: "The dog barked because",
  multirc: "Tom has a ball.\nQuestion: What has Tom?\nAnswer:",
  record: "Tom met Lily.\n\n  - They played.\n",
  arc_easy: "Question: What is wet?\nAnswer:",
  openbookqa: "Ice is",
  truthfulqa_mc1: "Q: What is a cat?\nA:",
  truthfulqa_mc2: "Q: What is a cat?\nA:",
  boolq: "Dogs bark.\nQuestion: do dogs bark?\nAnswer:",
  boolq_closed: "Question: do dogs bark?\nAnswer:",
  hellaswag: "Playing: A dog. runs. It",
  winogrande: "Tom likes the cat because ",
  sglue_rte: "It rains.\nQuestion: It is wet. True or False?\nAnswer:",
  wic: "Question: Is the word 'bank' used in the same way in the two sentences above?\nAnswer:",
  wsc: 'Passage: Tom saw a dog, and *he* ran.\nQuestion: In the passage above, does the pronoun "*he*" refer to "*Tom*"?',
};

beforeAll(() => {
  for (const [path, rows] of Object.entries(ROWS)) {
    mkdirSync(dirname(file(path)), { recursive: true });
    const isList = path.endsWith(".json");
    writeFileSync(
      file(path),
      isList ? JSON.stringify(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
  }
});

describe("gpt eval show", () => {
  it.each(Object.entries(PROMPTS))("prints the prompt of %s", async (name, prompt) => {
    const { status, stdout } = await inProcess("eval", "show", name, "--data", file(""), "--doc", "0");
    expect([status, stdout]).toEqual([0, expect.stringContaining(prompt)]);
  });
});

describe("gpt eval show, without files of a task's own", () => {
  it("has the examples of chain of thought", async () => {
    writeFileSync(file("gsm8k_test.jsonl"), '{"question":"1 + 1?","answer":"one more\\n#### 2"}\n');
    const { stdout } = await inProcess("eval", "show", "gsm8k_cot", "--data", file(""));
    expect(stdout).toContain("Q: There are 15 trees in the grove.");
    expect(stdout).toContain(
      "So there must have been 21 - 15 = 6. The answer is 6.\n\nQ: If there are 3 cars",
    );
    expect(stdout).toContain("The answer is 8.\n\nQ: 1 + 1?\nA:\n--\ntarget: 2\n");
  });

  it("looks into the cache of the hub, and says what it looks for", async () => {
    const { HF_HUB_CACHE } = process.env;
    process.env.HF_HUB_CACHE = file("hub");
    try {
      const snapshot = file("hub/datasets--nyu-mll--blimp/snapshots/1/causative");
      mkdirSync(snapshot, { recursive: true });
      writeFileSync(`${snapshot}/train.jsonl`, '{"sentence_good":"Dogs bark.","sentence_bad":"Dog bark."}\n');
      const found = await inProcess("eval", "show", "blimp_causative");
      expect([found.status, found.stdout]).toEqual([0, expect.stringContaining("Dog|s| bark|.")]);
      const missing = await inProcess("eval", "show", "piqa");
      expect([missing.status, missing.stderr]).toEqual([
        3,
        expect.stringContaining("hf download baber/piqa"),
      ]);
    } finally {
      if (HF_HUB_CACHE === undefined) delete process.env.HF_HUB_CACHE;
      else process.env.HF_HUB_CACHE = HF_HUB_CACHE;
    }
  });

  it("compares stereotypes with their counterparts", async () => {
    writeFileSync(
      file("crows_pairs_anonymized.csv"),
      ",sent_more,sent_less,bias_type\n0,She cried.,He cried.,gender\n1,The old man slept.,The young man slept.,age\n",
    );
    const names = "crows_pairs_english_age,crows_pairs_english_gender";
    const { stdout } = await inProcess("eval", names, "--data", file(""), "-t", "1", "-q", "--json");
    const { results } = JSON.parse(stdout);
    expect(results.crows_pairs_english_age["likelihood_diff,none"]).toBeGreaterThan(0);
    expect([0, 0.5, 1]).toContain(results.crows_pairs["pct_stereotype,none"]);
  });
});

describe("gpt eval", () => {
  it.each([
    ["perplexty", "perplexity"],
    ["helaswag", "hellaswag"],
    ["mmlu_stm", "mmlu_stem"],
  ])("names what %s was meant to be", async (typed, meant) => {
    const { status, stderr } = await inProcess("eval", typed);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`did you mean ${meant}?`)]);
  });

  it("scores them, writes results and samples, and runs them again", async () => {
    const results = file("results.json");
    const samples = file("samples.jsonl");
    const names = Object.keys(PROMPTS);
    const ran = await inProcess(
      ...["eval", ...names, "--data", file(""), "-t", "1", "-o", results, "--log-samples", samples, "-q"],
    );
    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    const written = JSON.parse(readFileSync(results, "utf8")) as { results: Record<string, unknown> };
    expect(Object.keys(written.results)).toEqual(expect.arrayContaining([...names, "super_glue"]));
    const compared = await inProcess("eval", "compare", results, results, "--json");
    const changes = compared.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(changes).toContainEqual(expect.objectContaining({ task: "copa", metric: "acc", paired: true }));
    expect(changes).toContainEqual(expect.objectContaining({ task: "cb", metric: "f1", paired: false }));
    expect(changes.every(({ difference }) => difference.value === 0)).toBe(true);
    const shown = await inProcess("eval", "compare", results, results);
    expect(shown.stdout).toMatch(/^task +items +filter/);
    const mixed = await inProcess("eval", "compare", results, samples);
    expect(mixed).toMatchObject({ status: 2, stderr: expect.stringContaining("two files of results") });
    const again = await inProcess("replay", results);
    expect([again.status, again.stdout]).toEqual([0, expect.stringMatching(/^equal: all \d+ values/)]);
    const changed = file("changed.json");
    writeFileSync(
      changed,
      readFileSync(results, "utf8").replace('"model_name":"stories"', '"model_name":"x"'),
    );
    const differing = await inProcess("replay", changed, "--json");
    expect(differing.status).toBe(1);
    expect(JSON.parse(differing.stdout)).toMatchObject({ differences: [{ byte: 0 }] });
  });

  it("measures the perplexity of a text, beside that of its quantized form, and goes on in its file", async () => {
    const text = file("text.txt");
    writeFileSync(text, "Once upon a time there was a little dog. He had a red ball.\n".repeat(20));
    const scores = file("scores.jsonl");
    const args = ["eval", "perplexity", text, "-c", "32", "-t", "1", "-q", "--chunks", "3"];
    const [first, again] = [await inProcess(...args, "-o", scores), await inProcess(...args, "-o", scores)];
    expect(first.status).toBe(0);
    expect(again.stdout).toBe(first.stdout);
    const compared = await inProcess(...args, "--quant", "q4_0", "--json");
    expect(JSON.parse(compared.stdout)).toMatchObject({ windows: 3 });
  });

  it("reads a text from a pipe", async () => {
    const text = file("piped.txt");
    writeFileSync(text, "Once upon a time there was a little dog. He had a red ball.\n".repeat(9));
    const flags = "-c 32 -t 1 -q --chunks 2";
    const [piped, read] = await Promise.all([
      shell(`cat ${text} | gpt eval perplexity - ${flags}`),
      shell(`gpt eval perplexity ${text} ${flags}`),
    ]);
    expect(read.stdout).toContain("perplexity");
    expect(piped).toEqual(read);
  });
});
