/** GSM8K (Cobbe et al. 2021): word problems, solved step by step. */
import type { Task } from "../task/definition.ts";

export const gsm8k: Task = {
  name: "gsm8k",
  describe: "Word problems, solved step by step",
  sources: [{ files: ["gsm8k/test.jsonl"] }, { files: ["gsm8k_test.jsonl"] }],
  prompt: "Question: {question}\nAnswer:",
  target: "{answer}",
  shots: { count: 5, sources: [{ files: ["gsm8k/train.jsonl"] }, { files: ["gsm8k_train.jsonl"] }] },
  generation: {
    until: ["Question:", "</s>", "<|im_end|>"],
    maxTokens: 256,
    filters: [
      { name: "strict-match", pattern: "#### (\\-?[0-9\\.\\,]+)" },
      { name: "flexible-extract", pattern: "(-?[$0-9.,]{2,})|(-?[0-9]+)", match: "last" },
    ],
    ignore: [",", "\\$", "[\\s\\S]*#### ", "\\.$"],
    ignoreCase: true,
  },
  metrics: ["exact_match"],
};
