#!/usr/bin/env bash
# What it costs to train with replicas: their loss beside that of one process that reads the same tokens, by the steps
# between two exchanges, from random weights and from a trained model. Writes a row of JSON for each run, and a chart.
#
#   examples/replicas.sh FOLDER NAME=TEXT...        eight minutes of one core for each text
set -euo pipefail
gpt() { node "$(dirname "${BASH_SOURCE[0]}")/../bin/gpt.js" "$@"; }
out=$1
shift
mkdir -p "$out"
rows="$out/rows.jsonl"
: > "$rows"
sequences=64 # of a step of all replicas together

# run NAME REPLICAS FLAGS...: all replicas at once. Standard output is the last loss of the validation.
run() {
  local name=$1 count=$2 pids=()
  shift 2
  for i in $(seq "$count"); do
    local own=()
    if ((count > 1)); then own=(--replica "$i/$count" --outer-dir "$out/$name-meeting"); fi
    gpt train "$text" -o "$out/$name-$i" --batch $((sequences / count)) -t 1 -q --sample-every 0 --save-every 100000 \
      --eval-every 100000 --eval-windows 256 "${own[@]}" "$@" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  grep '"validation"' "$out/$name-1/metrics.jsonl" | tail -n 1 | sed 's/.*"loss"://; s/[,}].*//'
  if ((count > 1)); then rm -rf "$out/$name-meeting" "$out/$name-"[2-9]; fi
}

# row TEXT START REPLICAS H LOSS ALONE
row() {
  printf '{"text":"%s","start":"%s","replicas":%d,"inner_steps":%d,"loss":%s,"alone":%s}\n' "$@" | tee -a "$rows"
}

shape=(--layers 2 --heads 4 --width 64 --context 64 --vocab-size 512)
for pair in "$@"; do
  name=${pair%%=*} text=${pair#*=}
  new=("${shape[@]}" --steps 200 --lr 5e-3)
  alone=$(run "$name" 1 "${new[@]}")
  trained="$out/$name-1"
  further=(--init "$trained" --steps 100 --lr 1e-3)
  longer=$(run "$name-longer" 1 "${further[@]}")
  for setting in "4 10" "4 25" "4 50" "4 100" "2 25"; do
    read -r count inner <<< "$setting"
    loss=$(run "$name-trained-$count-$inner" "$count" "${further[@]}" --inner-steps "$inner")
    row "$name" trained "$count" "$inner" "$loss" "$longer"
  done
  for inner in 10 50; do
    loss=$(run "$name-random-4-$inner" 4 "${new[@]}" --inner-steps "$inner" --outer-lr 1 --outer-momentum 0)
    row "$name" random 4 "$inner" "$loss" "$alone"
  done
done

# A line for each text and start of four replicas: H on a logarithmic axis, and how much more the loss is.
node -e '
  const { readFileSync, writeFileSync } = require("fs");
  const rows = readFileSync(process.argv[1], "utf8").trim().split("\n").map(JSON.parse).filter((row) => row.replicas === 4);
  const [width, height, left, top, right, bottom] = [640, 360, 60, 40, 170, 50];
  const more = ({ loss, alone }) => 100 * (loss / alone - 1);
  const most = Math.max(4, Math.ceil(Math.max(...rows.map(more))));
  const x = (h) => left + ((width - left - right) * Math.log(h / 10)) / Math.log(10);
  const y = (percent) => height - bottom - ((height - top - bottom) * Math.max(0, percent)) / most;
  const text = (at, down, words, more = "") => `<text x="${at}" y="${down}" ${more}>${words}</text>`;
  const level = (p) => `<line x1="${left}" x2="${width - right}" y1="${y(p)}" y2="${y(p)}" stroke="${p === 2 ? "#c33" : "#ddd"}"/>`
    + text(left - 8, y(p) + 4, `${p}%`, "text-anchor=\"end\"");
  const colors = ["#1668a8", "#d2691e", "#2e8b57", "#8e44ad"];
  const taken = []; // heights of names: two of them have a line each
  const free = (down) => {
    while (taken.some((other) => Math.abs(other - down) < 14)) down -= 14;
    taken.push(down);
    return down;
  };
  const lines = [...new Set(rows.map(({ text, start }) => `${text}, ${start}`))].map((name, i) => {
    const own = rows.filter((row) => `${row.text}, ${row.start}` === name).sort((a, b) => a.inner_steps - b.inner_steps);
    const points = own.map((row) => [x(row.inner_steps), y(more(row))]);
    return `<polyline fill="none" stroke="${colors[i % 4]}" stroke-width="2" points="${points.join(" ")}"/>`
      + points.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="3" fill="${colors[i % 4]}"/>`).join("")
      + text(width - right + 10, free(y(more(own.at(-1))) + 4), name, `fill="${colors[i % 4]}"`);
  });
  writeFileSync(process.argv[2], `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Loss of replicas</title>
<rect width="100%" height="100%" fill="white"/>
${text(left, 20, "Loss of four replicas above that of one process with the same tokens")}
${Array.from({ length: most / 2 + 1 }, (_, i) => level(2 * i)).join("\n")}
${[10, 25, 50, 100].map((h) => text(x(h), height - bottom + 18, h, "text-anchor=\"middle\"")).join("\n")}
${text((left + width - right) / 2, height - 12, "steps between two exchanges (H)", "text-anchor=\"middle\"")}
${lines.join("\n")}
</svg>\n`);
' "$rows" "$out/replicas.svg"
echo "$rows, $out/replicas.svg"
