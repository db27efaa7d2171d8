/**
 * A model to interrupt at leisure: thousands of tokens a second at most, room for 4,096, and no tokenizer.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeZeroGpt2 } from "../fixtures/zero-gpt2.ts";

const sizes = { n_layer: 6, n_head: 8, n_embd: 256, n_positions: 4096, vocab_size: 100 };

/** Writes the checkpoint into a new directory, which is the caller's to remove. */
export const writeZeroModel = (): string => writeZeroGpt2(mkdtempSync(join(tmpdir(), "gpt-zero-")), sizes);
