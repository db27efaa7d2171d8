/** A trial: node measure.js CONTENDER, ten megabytes of children's books to the ids of GPT-2. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { shared } from "../shared.js";
import { answer, named, seconds } from "../trial.js";
import { contenders } from "./contenders.js";

/**
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} load  seconds to a tokenizer that can be used
 * @property {number} speed  bytes a second
 * @property {number} tokens
 * @property {string} checksum  of the ids
 */

const corpus = "data/childrens_classics.txt";
const bytes = 10_000_000;
/** Encoded before the clock starts, so that V8 has compiled. */
const warmUpBytes = 1_000_000;

await answer(async () => {
  const contender = named(contenders, process.argv[2]);
  const file = readFileSync(shared(corpus));
  const books = (/** @type {number} */ from, /** @type {number} */ to) =>
    file.toString("utf8", from, to).split("<|endoftext|>");
  const text = books(0, bytes);

  /** @type {import("./contenders.js").Loaded | undefined} */
  let loaded;
  const load = await seconds(async () => {
    loaded = await contender.load();
  });
  if (loaded === undefined) throw new Error("nothing was loaded");
  const { version, encode } = loaded;
  for (const book of books(bytes, bytes + warmUpBytes)) encode(book);

  /** @type {(readonly number[])[]} */
  const ids = [];
  const elapsed = await seconds(async () => {
    for (const book of text) ids.push(encode(book));
  });
  const hash = createHash("sha256");
  for (const of of ids) hash.update(Int32Array.from(of));
  const tokens = ids.reduce((sum, { length }) => sum + length, 0);
  return { version, load, speed: bytes / elapsed, tokens, checksum: hash.digest("hex") };
});
