/** GSM8K (Cobbe et al. 2021): word problems, solved step by step. */
import type { Fields, Generation, Source, Task } from "../task/definition.ts";

const source = (split: "train" | "test", fields?: Source["fields"]): Source[] => [
  { files: [`gsm8k/${split}.jsonl`], ...(fields && { fields }) },
  { files: [`gsm8k_${split}.jsonl`], ...(fields && { fields }) },
  { files: [], hub: { repository: "openai/gsm8k", config: "main", split }, ...(fields && { fields }) },
];

/** @param until what the model writes before a further question @param strict where the answer is */
const solution = (until: string, strict: string): Generation => ({
  until: [until, "</s>", "<|im_end|>"],
  maxTokens: 256,
  filters: [
    { name: "strict-match", pattern: strict },
    { name: "flexible-extract", pattern: "(-?[$0-9.,]{2,})|(-?[0-9]+)", match: "last" },
  ],
  ignore: [",", "\\$", "[\\s\\S]*#### ", "\\.$"],
  ignoreCase: true,
});

export const gsm8k: Task = {
  name: "gsm8k",
  describe: "Word problems, solved step by step",
  sources: source("test"),
  prompt: "Question: {question}\nAnswer:",
  target: "{answer}",
  shots: { count: 5, sources: source("train") },
  generation: solution("Question:", "#### (\\-?[0-9\\.\\,]+)"),
  metrics: ["exact_match"],
};

/** Examples of chain-of-thought prompting (Wei et al. 2022). */
const REASONED: readonly Fields[] = [
  [
    "There are 15 trees in the grove. Grove workers will plant trees in the grove today. After they are done, there will be 21 trees. How many trees did the grove workers plant today?",
    "There are 15 trees originally. Then there were 21 trees after some more were planted. So there must have been 21 - 15 = 6. The answer is 6.",
  ],
  [
    "If there are 3 cars in the parking lot and 2 more cars arrive, how many cars are in the parking lot?",
    "There are originally 3 cars. 2 more cars arrive. 3 + 2 = 5. The answer is 5.",
  ],
  [
    "Leah had 32 chocolates and her sister had 42. If they ate 35, how many pieces do they have left in total?",
    "Originally, Leah had 32 chocolates. Her sister had 42. So in total they had 32 + 42 = 74. After eating 35, they had 74 - 35 = 39. The answer is 39.",
  ],
  [
    "Jason had 20 lollipops. He gave Denny some lollipops. Now Jason has 12 lollipops. How many lollipops did Jason give to Denny?",
    "Jason started with 20 lollipops. Then he had 12 after giving some to Denny. So he gave Denny 20 - 12 = 8. The answer is 8.",
  ],
  [
    "Shawn has five toys. For Christmas, he got two toys each from his mom and dad. How many toys does he have now?",
    "Shawn started with 5 toys. If he got 2 toys each from his mom and dad, then that is 4 more toys. 5 + 4 = 9. The answer is 9.",
  ],
  [
    "There were nine computers in the server room. Five more computers were installed each day, from monday to thursday. How many computers are now in the server room?",
    "There were originally 9 computers. For each of 4 days, 5 more computers were added. So 5 * 4 = 20 computers were added. 9 + 20 is 29. The answer is 29.",
  ],
  [
    "Michael had 58 golf balls. On tuesday, he lost 23 golf balls. On wednesday, he lost 2 more. How many golf balls did he have at the end of wednesday?",
    "Michael started with 58 golf balls. After losing 23 on tuesday, he had 58 - 23 = 35. After losing 2 more, he had 35 - 2 = 33 golf balls. The answer is 33.",
  ],
  [
    "Olivia has $23. She bought five bagels for $3 each. How much money does she have left?",
    "Olivia had 23 dollars. 5 bagels for 3 dollars each will be 5 x 3 = 15 dollars. So she has 23 - 15 dollars left. 23 - 15 is 8. The answer is 8.",
  ],
].map(([question, answer]) => ({ question, answer }));

/** The number after the steps. */
const numberAlone = (row: Fields): Fields => ({
  ...row,
  answer: String(row.answer).split("####").at(-1)?.trim(),
});

export const gsm8kCot: Task = {
  name: "gsm8k_cot",
  describe: "The same, after eight solved examples of chain-of-thought prompting",
  sources: source("test", numberAlone),
  prompt: "Q: {question}\nA:",
  target: "{answer}",
  shots: { count: 8, draw: "first", sources: [{ files: [], rows: REASONED }] },
  generation: solution("Q:", "The answer is (\\-?[0-9\\.\\,]+)."),
  metrics: ["exact_match"],
};

export const gsm8kZeroShot: Task = {
  ...gsm8kCot,
  name: "gsm8k_cot_zeroshot",
  describe: "The same, where the model is told to think step by step",
  sources: source("test"),
  prompt: "Q: {question}\nA: Let's think step by step.",
  shots: { sources: source("train") },
};
