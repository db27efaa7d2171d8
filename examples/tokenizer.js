/** Text to ids and back. */
import { loadModel } from "gpt-simd";

const model = await loadModel();
const { tokenizer } = model;

const text = "Hello, café ☕";
const ids = tokenizer.encode(text);
console.log(ids);
for (const id of ids) console.log(id, tokenizer.bytes(id));
if (tokenizer.decode(ids) !== text) throw new Error("the text does not come back");

// The tokens of one character may be several: a stream holds them back until it is whole.
const stream = tokenizer.stream();
for (const id of ids) console.log(JSON.stringify(stream.push(id)));

// Text is text: a control token is made only where that is asked for.
console.log(
  tokenizer.encode("<|endoftext|>").length,
  tokenizer.encode("<|endoftext|>", { parseSpecial: true }),
);

await model.close();
