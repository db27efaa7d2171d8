/** Loads the model and its template, and opens the conversation. */
import { existsSync } from "node:fs";
import { canCall } from "../../../chat/answer/read-answer.ts";
import { Chat } from "../../../chat/chat.ts";
import { lastTalkFile, newTalkFile, talksFolder } from "../../../chat/kept-talks.ts";
import { parseMessageLines } from "../../../chat/messages-file.ts";
import { ChatPrompts } from "../../../chat/template/chat-prompts.ts";
import { GptError } from "../../../errors.ts";
import { readText } from "../../../files/file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { chatTemplateFor, templateVariables } from "../../chat-template.ts";
import { openModel } from "../generate/loaded-model.ts";
import { layersOf } from "../generate/option-layers.ts";
import { parseTools } from "./called-commands.ts";
import type { ChatArguments } from "./flags.ts";
import { ChatRepl } from "./repl.ts";

/** Tokens, if neither the flags nor the model's files say how many. */
const LONGEST_ANSWER = 1024;

/** @throws GptError `not-found` for a model without a template, and as `openModel` */
export async function openChat(args: ChatArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  const declared = args.tools === undefined ? undefined : parseTools(await readText(args.tools), args.tools);
  const template = await chatTemplateFor({ ...args, hasTools: declared !== undefined });
  if (declared !== undefined && !canCall(template.source)) {
    throw new GptError(
      "usage",
      "the chat template of this model knows no calls of functions: leave --tools out",
    );
  }
  const file = talkFile(args);
  const saved = file !== undefined && existsSync(file) ? parseMessageLines(await readText(file), file) : [];
  await using loaded = await openModel(path, args, signal);
  const { model, name } = loaded;
  const variables = templateVariables(args.var);
  if (args.reasoning === "off") variables.set("enable_thinking", false);
  const prompts = new ChatPrompts(template, model.tokenizer, { variables, date: args.date ?? new Date() });
  const { options } = model.resolveOptions(layersOf(args));
  const most = { maxTokens: model.generationDefaults.maxTokens ?? LONGEST_ANSWER };
  await using chat = new Chat(
    model,
    prompts,
    { ...most, ...options },
    (typed) => model.resolveOptions({ typed }).options,
    declared?.tools,
  );
  chat.restore(saved);
  chat.system = args.system ?? chat.system;
  using repl = new ChatRepl(chat, name, { ...args, file, commands: declared?.commands }, signal);
  await repl.run();
}

const LAST = "last";

/** What is said at a terminal is kept; what comes from a pipe is kept where the flag says so. */
function talkFile({ continue: file, private: isPrivate }: ChatArguments): string | undefined {
  if (file === LAST) return lastTalkFile(talksFolder());
  if (file !== undefined || isPrivate || !process.stdin.isTTY) return file;
  return newTalkFile(talksFolder(), new Date());
}
