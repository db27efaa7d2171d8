/** Looks into the model: what each layer would say, which head does what, and what made the answer. */
import { loadModel, look } from "gpt-simd";

const model = await loadModel(undefined, { quantization: "f32" });
const { tokenizer } = model;
const prompt = "Once upon a time there was a little girl named Lily. She had a dog named Max. Lily said to";
const text = (id) => JSON.stringify(tokenizer.decode([id]));

// The lens: the likeliest token after each layer, after the last token of the prompt.
const lens = await look.lens(model, prompt, { top: 1 });
const [layers, positions] = lens.topIds.shape;
for (let layer = 0; layer < layers; layer++) {
  const cell = layer * positions + positions - 1;
  console.log(
    `after ${layer} layers`,
    text(lens.topIds.values[cell]),
    lens.topProbabilities.values[cell].toFixed(3),
  );
}

// Attention: heads that read the token before, and what else they do most of the time.
for (const { layer, heads, scores } of (await look.attention(model, prompt)).layers) {
  for (let head = 0; head < heads; head++) {
    const share = scores.previousToken.values[head];
    const kind = look.headKind(scores, head) ?? "no kind";
    if (share > 0.25) console.log(`head ${layer}.${head}`, share.toFixed(2), kind);
  }
}

// Why this token and not the second: parts that add up to the difference of the two logits.
const why = await look.why(model, prompt);
console.log(
  `${text(why.token)} rather than ${text(why.against)}`,
  why.logit.toFixed(3),
  "=",
  why.sum.toFixed(3),
);

// A direction from one prompt to another changes what comes next.
const direction = (await look.directions(model, "I was sad", "I was happy"))[4];
const happy = look.steered(model, [{ layer: 4, direction, coefficient: 1 }]);
for (const own of [model, happy]) {
  let said = "";
  for await (const token of own.generate("She felt", { temperature: 0, maxTokens: 8 })) said += token.text;
  console.log(JSON.stringify(said));
}
await happy.close();
await model.close();
