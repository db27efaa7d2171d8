/** The chat template of --apply-chat-template. */
import { chatTemplateOf } from "../../../../chat/template/stored-templates.ts";
import { GptError } from "../../../../errors.ts";
import { asChat, type ChatForm } from "../../../../evaluate/harness/chat-prompts.ts";
import type { Prepared } from "../../../../evaluate/harness/run-task.ts";
import type { EvalArguments } from "../flags.ts";

/**
 * The questions as messages, if the flags ask for it.
 *
 * @param path of the model
 * @throws GptError `usage` for a model without a template; as `asChat`
 */
export async function withChatTemplate(
  prepared: readonly Prepared[],
  path: string,
  { applyChatTemplate, fewshotAsMultiturn, systemInstruction }: EvalArguments,
): Promise<{ readonly prepared: readonly Prepared[]; readonly form: ChatForm | undefined }> {
  if (!applyChatTemplate) return { prepared, form: undefined };
  const template = await chatTemplateOf(path);
  if (template === undefined) {
    throw new GptError("usage", `${path}: has no chat template: leave --apply-chat-template out`);
  }
  const isMultiturn = fewshotAsMultiturn !== "false";
  const form = { template, isMultiturn, system: systemInstruction };
  return {
    prepared: prepared.map((one) => ({ ...one, questions: asChat(one.task, one.questions, form) })),
    form,
  };
}
