/**
 * The chat template that a run writes messages with. It stays with the model, which people then chat with.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ChatTemplate } from "../../../chat/template/chat-template.ts";
import { CHATML } from "../../../chat/template/chatml.ts";
import { DialogueIds } from "../../../chat/template/dialogue-ids.ts";
import { chatTemplateOf, templateTokens } from "../../../chat/template/stored-templates.ts";
import { GptError } from "../../../errors.ts";
import { readText } from "../../../files/file.ts";
import { writeFile } from "../../../files/output-file.ts";
import { quote } from "../../../files/quote.ts";
import type { PipelineTokenizer } from "../../../tokenizer/index.ts";
import { CHAT_TEMPLATE } from "../../../weights/model-writer.ts";

interface TemplateNeeds {
  /** A file, or the name of a template of the start. */
  readonly template: string | undefined;
  /** The model that the run starts from; undefined for a new one. */
  readonly start: string | undefined;
  /** The directory of the run. Its template counts before the start's. */
  readonly directory: string;
}

/**
 * The reader of messages: with the template of the request, else the one that the run has kept, else the
 * start's, else ChatML.
 *
 * @throws GptError `not-found` for a name that the start does not have, and as `ChatTemplate`
 */
export async function dialoguesOf(needs: TemplateNeeds, tokenizer: PipelineTokenizer): Promise<DialogueIds> {
  return new DialogueIds((await templateOf(needs)) ?? CHATML, tokenizer);
}

async function templateOf({ template: name, start, directory }: TemplateNeeds) {
  const kept = join(directory, CHAT_TEMPLATE);
  const file = name ?? kept;
  if (existsSync(file)) {
    return new ChatTemplate(await readText(file), file, await templateTokens(start ?? directory));
  }
  if (start !== undefined) return await chatTemplateOf(start, { name });
  if (name === undefined) return undefined;
  throw new GptError(
    "not-found",
    `--template ${quote(name)}: there is no such file: name a template in Jinja`,
  );
}

/** Writes a template into the directory of a run that has read messages with it, or was given it. */
export async function keepTemplate(needs: TemplateNeeds, dialogues: DialogueIds): Promise<void> {
  const { template, start, directory } = needs;
  if (!dialogues.isUsed && template === undefined) return;
  const own = start === undefined ? undefined : await chatTemplateOf(start);
  if (own?.source === dialogues.key) return;
  await writeFile(join(directory, CHAT_TEMPLATE), dialogues.key);
}

/** The template that the directory of a run holds. */
export async function keptTemplate(directory: string): Promise<string | undefined> {
  const file = join(directory, CHAT_TEMPLATE);
  return existsSync(file) ? await readText(file) : undefined;
}
