/** Generates by hand: a session takes ids and returns the logits of the next one. */
import { loadModel, topLogprobs } from "gpt-simd";

const model = await loadModel();
const { tokenizer } = model;

const session = model.createSession();
let logits = await session.append(tokenizer.encode("The dog"));
for (const { id, logprob } of topLogprobs(logits, 3)) {
  console.log(JSON.stringify(tokenizer.decode([id])), Math.exp(logprob).toFixed(3));
}

// A fork shares the cache of what both hold. Here it takes the second best token, and the session the best.
const [best, second] = topLogprobs(logits, 2);
const fork = session.fork();
for (const [name, branch, first] of [
  ["best", session, best],
  ["second", fork, second],
]) {
  let next = first.id;
  for (let i = 0; i < 10; i++) {
    logits = await branch.append([next]);
    [{ id: next }] = topLogprobs(logits, 1);
  }
  console.log(name, JSON.stringify(tokenizer.decode(branch.ids)));
}

session.truncate(2); // the prompt stays
console.log(tokenizer.decode(session.ids));

await fork.close();
await session.close();
await model.close();
