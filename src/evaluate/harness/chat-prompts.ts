/** Questions as messages of a chat, as lm-evaluation-harness makes them with --apply_chat_template. */
import type { ExactJson } from "../../chat/jinja/values/json-values.ts";
import type { ChatTemplate } from "../../chat/template/chat-template.ts";
import { GptError } from "../../errors.ts";
import type { Task } from "../task/definition.ts";
import { delimiterOf, type Question, SHOT_SEPARATOR } from "./prompts.ts";

export interface ChatForm {
  readonly template: ChatTemplate;
  /** Whether shots are turns of their own, instead of a part of the question's. */
  readonly isMultiturn: boolean;
  /** What the system message begins with. */
  readonly system?: string | undefined;
}

type Message = readonly [role: "system" | "user" | "assistant", content: string];

/**
 * The description is the system message. A choice follows the rendered prompt without a delimiter.
 *
 * @throws GptError as `ChatTemplate.render`
 */
export function asChat(task: Task, questions: readonly Question[], form: ChatForm): Question[] {
  return questions.map((question) => ({
    ...question,
    contexts: question.item.prompts.map((prompt) => rendered(messagesOf(task, question, prompt, form), form)),
    continuations: question.item.choices,
  }));
}

function messagesOf(
  task: Task,
  { solved }: Question,
  prompt: string,
  { isMultiturn, system }: ChatForm,
): Message[] {
  const given = [system, task.description].filter((text) => text !== undefined && text !== "");
  const head: Message[] = given.length === 0 ? [] : [["system", given.join(SHOT_SEPARATOR)]];
  if (isMultiturn) {
    const turns = solved.flatMap(([shot, answer]): Message[] => [
      ["user", shot],
      ["assistant", answer],
    ]);
    return [...head, ...turns, ["user", prompt]];
  }
  const shots = solved.map(([shot, answer]) => shot + delimiterOf(task) + answer + SHOT_SEPARATOR);
  return [...head, ["user", shots.join("") + prompt]];
}

/** A template that refuses a system message gets the others, as in the harness. */
function rendered(messages: readonly Message[], { template }: ChatForm): string {
  const render = (some: readonly Message[]) => {
    const json: ExactJson = some.map(
      ([role, content]) => new Map<string, ExactJson>(Object.entries({ role, content })),
    );
    return template.render(json).text;
  };
  try {
    return render(messages);
  } catch (error) {
    const others = messages.filter(([role]) => role !== "system");
    if (!(error instanceof GptError) || others.length === messages.length) throw error;
    return render(others);
  }
}
