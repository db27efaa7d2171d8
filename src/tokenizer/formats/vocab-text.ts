/**
 * vocab.txt: how the tokenizers of BERT and DistilBERT were stored before tokenizer.json. One token a line.
 */

import { join } from "node:path";
import { readText } from "../../files/file.ts";
import { foreignContent, RECOGNIZABLE_BYTES } from "../../files/foreign.ts";
import { invalidFile } from "../../files/invalid-file.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { bertTemplate } from "../template.ts";
import { assemble } from "./assemble.ts";
import { CONTINUATION_PREFIX, MAX_WORD } from "./models/word-piece.ts";
import { bertPipeline } from "./pipeline/pipelines.ts";
import { limitsOf, type TokenizerConfig } from "./tokenizer-config.ts";
import { readVocabulary } from "./vocabulary-json.ts";

/** The control tokens of BERT, for directories that do not name others. */
const USUAL = { unk_token: "[UNK]", cls_token: "[CLS]", sep_token: "[SEP]", pad: "[PAD]", mask: "[MASK]" };

/** @throws GptError `invalid-file` for a vocabulary that lacks one of the tokens around a text */
export async function tokenizerFromVocabText(config: TokenizerConfig): Promise<PipelineTokenizer> {
  const file = join(config.directory, "vocab.txt");
  const lines = await readLines(file);
  const source = { file, field: "the vocabulary", entries: lines.map((token, id) => [token, id] as const) };
  const tokens = readVocabulary(source, config.addedTokens, [...config.special, ...Object.values(USUAL)]);
  const { vocabulary } = tokens;
  const idOf = (role: "unk_token" | "cls_token" | "sep_token"): number => {
    const content = config.named(role)?.content ?? USUAL[role];
    const id = vocabulary.idOf(content);
    if (id !== undefined) return id;
    throw invalidFile(file, `${role} ${quote(content)} is not in the vocabulary`);
  };
  const [cls, sep] = [idOf("cls_token"), idOf("sep_token")];
  return assemble({
    ...tokens,
    special: {
      bosId: cls,
      startIds: [cls],
      endIds: [sep],
      endOfTextIds: [sep],
      template: bertTemplate(cls, sep),
    },
    model: {
      type: "WordPiece",
      unknown: idOf("unk_token"),
      prefix: CONTINUATION_PREFIX,
      maxCharacters: MAX_WORD,
    },
    pipeline: new JsonFields(file, "", bertPipeline(config.bert)),
    limits: limitsOf(config),
  });
}

async function readLines(file: string): Promise<string[]> {
  const text = await readText(file);
  if (text.trim() === "") throw invalidFile(file, "is empty: fetch it again");
  const foreign = foreignContent(Buffer.from(text.slice(0, RECOGNIZABLE_BYTES)));
  if (foreign !== undefined) throw invalidFile(file, foreign);
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
