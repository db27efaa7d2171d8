/** `gpt template`: the prompt that a chat template makes of messages. Loads no weights. */
import { promptIdsOf } from "../../../chat/template/prompt-ids.ts";
import { readText } from "../../../files/file.ts";
import { openTokenizer } from "../../../library/open-tokenizer.ts";
import { chatTemplateFor, templateVariables } from "../../chat-template.ts";
import { defineCommand } from "../../command.ts";
import { formatIds } from "../../flags/values/ids.ts";
import { noText, readSource } from "../../terminal/input.ts";
import { writePrompt } from "../../terminal/origins.ts";
import { Output } from "../../terminal/output.ts";
import { styleFor } from "../../terminal/style.ts";
import { jsonOf, type TemplateArguments, verbFlags } from "./flags.ts";

const EXAMPLE = "gpt template --messages messages.json -m path/to/model";

export const command = defineCommand({
  examples: [
    EXAMPLE,
    "gpt template --messages messages.json --tools tools.json -m path/to/model.gguf --date 2024-07-26",
    "gpt template --messages messages.json --template chat.jinja --bos '<s>' --eos '</s>'",
    "gpt template --messages messages.json -m path/to/model --var enable_thinking=false --no-generation-prompt",
  ],
  flags: verbFlags,
  async handler(args) {
    const { messages, tools } = await readConversation(args);
    const template = await templateFor(args, tools !== undefined);
    const prompt = template.render(messages, {
      tools,
      addGenerationPrompt: !args.noGenerationPrompt,
      variables: templateVariables(args.var),
      date: args.date,
    });
    if (!args.ids) return await writePrompt(prompt, new Output(), styleFor(process.stdout, args.color));
    const tokenizer = await openTokenizer(args.model);
    await new Output().write(`${formatIds(promptIdsOf(tokenizer, prompt))}\n`);
  },
});

/** The file has a list of messages, or an object as a batch has it: `{"messages": [..], "tools": [..]}`. */
async function readConversation({ messages: file, tools: toolFile }: TemplateArguments) {
  const content = (await readSource({ file })) ?? noText(EXAMPLE);
  const given = jsonOf(content, file ?? "standard input");
  const messages = given instanceof Map ? given.get("messages") : given;
  const tools = toolFile === undefined ? undefined : jsonOf(await readText(toolFile), toolFile);
  const listed = given instanceof Map ? given.get("tools") : undefined;
  return { messages: messages ?? null, tools: tools ?? listed ?? undefined };
}

function templateFor({ template, bos, eos, model }: TemplateArguments, hasTools: boolean) {
  const given = Object.entries({ bos_token: bos, eos_token: eos });
  const tokens = new Map(
    given.flatMap(([role, text]) => (text === undefined ? [] : [[role, text] as const])),
  );
  return chatTemplateFor({ model, template, tokens, hasTools });
}
