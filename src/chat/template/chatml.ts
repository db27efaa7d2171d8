/** The format of conversations for a model without a template, as llama.cpp has it. */
import { ChatTemplate } from "./chat-template.ts";
import { chatTemplateOf } from "./stored-templates.ts";

/**
 * Its marks are control tokens if the tokenizer has them, else text.
 * https://github.com/openai/openai-python/blob/release-v0.28.0/chatml.md
 */
export const CHATML = new ChatTemplate(
  "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}" +
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  "ChatML",
);

/** The template of a model, or ChatML. @throws GptError as `chatTemplateOf` */
export const conversationTemplateOf = async (path: string): Promise<ChatTemplate> =>
  (await chatTemplateOf(path)) ?? CHATML;
