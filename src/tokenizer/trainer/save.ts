/** Writes a trained tokenizer into a directory. */

import { join } from "node:path";
import { writeFile } from "../../files/output-file.ts";
import { tokenizerFiles } from "../formats/tokenizer-files.ts";
import { assembleTrained } from "./assemble-trained.ts";
import type { TrainedTokenizer } from "./train.ts";

/**
 * Each file is there as a whole or not at all; others in the directory stay.
 * @throws GptError `resource` for a place that cannot be written to
 */
export async function saveTokenizer(trained: TrainedTokenizer, directory: string): Promise<void> {
  const { className } = trained.pattern;
  const files = tokenizerFiles(directory, assembleTrained(trained), { className });
  for (const [name, content] of files) await writeFile(join(directory, name), content);
}
