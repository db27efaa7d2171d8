import { describe, expect, it } from "vitest";
import { ChatTemplate } from "../../../src/chat/template/chat-template.ts";
import { asChat } from "../../../src/evaluate/harness/chat-prompts.ts";
import { questionsOf } from "../../../src/evaluate/harness/prompts.ts";
import type { Task } from "../../../src/evaluate/task/definition.ts";
import type { Item } from "../../../src/evaluate/task/items.ts";

const SOURCE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
const REFUSING = `{% if messages[0].role == "system" %}{{ raise_exception("no system") }}{% endif %}${SOURCE}`;

const task: Task = {
  name: "t",
  describe: "",
  sources: [],
  description: "Answer.",
  prompt: "Q: {q}\nA:",
  choices: ["yes", "no"],
  target: "0",
  metrics: ["acc"],
};

const item = (id: number): Item => ({
  id,
  fields: { q: id },
  prompts: [`Q: ${id}\nA:`],
  choices: ["yes", "no"],
  gold: [0],
  target: "yes",
});
const questions = questionsOf({ ...task, shots: { draw: "first" } }, [item(7)], {
  count: 2,
  seed: 1,
  pool: [item(1), item(2)],
});
const contextOf = (source: string, isMultiturn: boolean, system?: string) =>
  asChat(task, questions, { template: new ChatTemplate(source, "t.jinja"), isMultiturn, system })[0];

describe("a question as messages", () => {
  it("has a turn for each example, and choices without a delimiter", () => {
    expect(contextOf(SOURCE, true)).toMatchObject({
      contexts: [
        "<system>Answer.<user>Q: 1\nA:<assistant>yes<user>Q: 2\nA:<assistant>yes<user>Q: 7\nA:<assistant>",
      ],
      continuations: ["yes", "no"],
    });
  });

  it("has all examples in one turn otherwise, after the system's instruction", () => {
    expect(contextOf(SOURCE, false, "Be brief.")?.contexts).toEqual([
      "<system>Be brief.\n\nAnswer.<user>Q: 1\nA: yes\n\nQ: 2\nA: yes\n\nQ: 7\nA:<assistant>",
    ]);
  });

  it("leaves the system message out where the template refuses it", () => {
    expect(contextOf(REFUSING, false)?.contexts).toEqual([
      "<user>Q: 1\nA: yes\n\nQ: 2\nA: yes\n\nQ: 7\nA:<assistant>",
    ]);
    expect(() => contextOf("{{ raise_exception('never') }}", false)).toThrow("never");
  });
});
