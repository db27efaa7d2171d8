#!/usr/bin/env bash
# From a model that writes stories to one that does what is asked, and then to one that is rewarded for happy ends:
# supervised fine-tuning, a reward model from pairs that a rule makes, DPO, PPO and GRPO. All data are made here.
#
#   examples/align.sh [FOLDER]        under half an hour on two idle cores; the numbers follow from the seeds
set -euo pipefail
gpt() { node "$(dirname "${BASH_SOURCE[0]}")/../bin/gpt.js" "$@"; }
out=${1:-aligned}
mkdir -p "$out"
rule=words:happy,smiled,laughed,fun,love,loved,hug,hugged,proud,thanked
# The prompts of a file, each line with a seed of its own: with one seed for all lines the answers are alike.
seeded() { node -e '
  const [, file, first] = process.argv, rows = require("fs").readFileSync(file, "utf8").trim().split("\n").map(JSON.parse);
  for (const [i, { prompt }] of rows.entries()) console.log(JSON.stringify({ prompt, seed: Number(first) + i }));
' "$1" "$2"; }
answer=(-n 48 --temp 1 --top-k 0 --top-p 1 --min-p 0)

# Instructions of the model's own world: half of the names to learn from, the others held out.
node -e '
  const names = "Lily Tom Max Mia Ben Sue Sam Anna Tim Jack Lucy Bob Sara Leo Amy Fred".split(" ");
  const things = "ball cat dog cake tree boat bird hat".split(" ");
  const lines = names.flatMap((name, i) =>
    things.map((thing) => ({ held: i % 4 === 3, prompt: `Tell a story about ${name} and a ${thing}.\n`,
                             begin: `Once upon a time, ${name} had a ${thing}.` })));
  const { writeFileSync } = require("fs");
  const write = (file, rows) => writeFileSync(process.argv[1] + "/" + file, rows.map((r) => JSON.stringify(r) + "\n").join(""));
  write("begins.jsonl", lines.filter((l) => !l.held).map(({ begin }) => ({ prompt: begin })));
  write("prompts.jsonl", lines.filter((l) => !l.held).map(({ prompt }) => ({ prompt })));
  write("held-out.jsonl", lines.filter((l) => l.held).map(({ prompt }) => ({ prompt })));
' "$out"

echo "1. supervised fine-tuning: the model's own stories as answers"
seeded "$out/begins.jsonl" 0 | gpt generate -m stories --jsonl -n 56 -q > "$out/begun.jsonl"
node -e '
  const read = (file) => require("fs").readFileSync(process.argv[1] + "/" + file, "utf8").trim().split("\n").map(JSON.parse);
  const [prompts, begins, ends] = ["prompts.jsonl", "begins.jsonl", "begun.jsonl"].map(read);
  for (const [i, { prompt }] of prompts.entries()) console.log(JSON.stringify({ prompt, completion: begins[i].prompt + ends[i].text }));
' "$out" > "$out/instructions.jsonl"
gpt train "$out/instructions.jsonl" --init stories --epochs 3 --batch 8 --lr 3e-4 --seed 1 --sample-every 0 -o "$out/sft"

echo "2. pairs: of two answers the one that the rule gives more"
for one in 1 2 3; do
  seeded "$out/prompts.jsonl" ${one}000 | gpt generate -m "$out/sft" --jsonl "${answer[@]}" -q > "$out/answers-$one.jsonl"
done
node -e '
  const read = (file) => require("fs").readFileSync(process.argv[1] + "/" + file, "utf8").trim().split("\n").map(JSON.parse);
  const answers = [1, 2, 3].map((one) => read(`answers-${one}.jsonl`));
  for (const [i, { prompt }] of read("prompts.jsonl").entries()) for (const own of answers) console.log(JSON.stringify({ prompt, completion: own[i].text }));
' "$out" > "$out/candidates.jsonl"
gpt reward --reward "$rule" --jsonl -f "$out/candidates.jsonl" -q > "$out/points.txt"
node -e '
  const text = (file) => require("fs").readFileSync(process.argv[1] + "/" + file, "utf8").trim().split("\n");
  const rows = text("candidates.jsonl").map(JSON.parse), points = text("points.txt").map(Number);
  for (let i = 0; i < rows.length; i += 3) for (const [a, b] of [[0, 1], [1, 2], [2, 0]]) {
    if (points[i + a] === points[i + b]) continue;
    const [chosen, rejected] = points[i + a] > points[i + b] ? [a, b] : [b, a];
    console.log(JSON.stringify({ prompt: rows[i].prompt, chosen: rows[i + chosen].completion, rejected: rows[i + rejected].completion }));
  }
' "$out" > "$out/all-pairs.jsonl"
node -e '
  const rows = require("fs").readFileSync(process.argv[1] + "/all-pairs.jsonl", "utf8").trim().split("\n"), last = Math.floor(rows.length * 0.8);
  require("fs").writeFileSync(process.argv[1] + "/pairs.jsonl", rows.slice(0, last).join("\n") + "\n");
  require("fs").writeFileSync(process.argv[1] + "/held-out-pairs.jsonl", rows.slice(last).join("\n") + "\n");
' "$out"

echo "3. a reward model, and how often it is right on pairs of other prompts"
gpt train "$out/pairs.jsonl" --task reward --init "$out/sft" --epochs 4 --batch 8 --lr 1e-4 --seed 1 -o "$out/judge"
gpt reward -m "$out/judge" --jsonl -f "$out/held-out-pairs.jsonl" > "$out/judged.tsv"

echo "4. DPO learns from the pairs, PPO from the reward model, GRPO from the rule itself"
gpt train "$out/pairs.jsonl" --task dpo --init "$out/sft" --epochs 2 --lr 5e-5 --seed 1 --sample-every 0 -o "$out/dpo"
policy=(--init "$out/sft" --valid "$out/held-out.jsonl" --response-tokens 48 --kl-bound 30 --kl-ceiling 80 --seed 1 --sample-every 0)
gpt train "$out/prompts.jsonl" --task ppo "${policy[@]}" --reward "model:$out/judge" --batch 32 --updates 2 --steps 16 --lr 5e-5 -o "$out/ppo"
gpt train "$out/prompts.jsonl" --task grpo "${policy[@]}" --reward "$rule" --batch 6 --generations 8 --steps 16 --lr 1e-4 -o "$out/grpo"

echo "5. held-out prompts: the rule's points, and the KL of a token from the fine-tuned model on its instructions"
node -e '
  const read = (file) => require("fs").readFileSync(process.argv[1] + "/" + file, "utf8").trim().split("\n").map(JSON.parse);
  for (const { prompt, completion } of read("instructions.jsonl").slice(0, 12)) console.log(prompt + completion + "<|endoftext|>");
' "$out" > "$out/text.txt"
for model in sft dpo ppo grpo; do
  seeded "$out/held-out.jsonl" 7000 | gpt generate -m "$out/$model" --jsonl "${answer[@]}" -q > "$out/$model.jsonl"
  node -e '
    const read = (file) => require("fs").readFileSync(process.argv[1] + "/" + file, "utf8").trim().split("\n").map(JSON.parse);
    const answers = read(process.argv[2] + ".jsonl");
    for (const [i, { prompt }] of read("held-out.jsonl").entries()) console.log(JSON.stringify({ prompt, completion: answers[i].text }));
  ' "$out" "$model" > "$out/$model-answers.jsonl"
  points=$(gpt reward --reward "$rule" --jsonl -f "$out/$model-answers.jsonl" -q | awk '{ sum += $1 } END { printf "%.3f", sum / NR }')
  kl=0
  [ "$model" = sft ] || kl=$(gpt eval perplexity "$out/text.txt" -m "$out/sft" --compare "$out/$model" --json -q |
    node -e 'console.log(JSON.parse(require("fs").readFileSync(0)).change.divergence.mean.value.toFixed(4))')
  echo "$model: $points of 1 in the mean, KL $kl"
done

echo "6. the first held-out prompt, seed 7000, before and after"
for model in sft dpo ppo grpo; do
  node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").split("\n")[0]); console.log(process.argv[2] + ": " + r.completion.replaceAll("\n", " "))' "$out/$model-answers.jsonl" "$model"
done
