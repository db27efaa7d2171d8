import { describe, expect, it } from "vitest";
import { Conversation } from "../../src/chat/conversation.ts";
import { restoreConversation, savedConversation } from "../../src/chat/saved.ts";
import { settingsFormat } from "../../src/cli/verbs/generate/interactive/settings.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { greedy, once, pieces, scriptedModel, upon } from "./scripted-model.ts";

const saved = {
  format: "gpt-simd conversation",
  version: 1,
  model: "scripted",
  text: "Once upon",
  turns: [{ typed: [once], answer: [upon] }],
  settings: { temp: 0.5, stop: ["\n"], seed: 9 },
};

const begin = () => new Conversation(scriptedModel().model, greedy);

const restore = (content: object, conversation: Conversation) =>
  restoreConversation(content as JsonObject, conversation, settingsFormat, "saved.json");

describe("a saved conversation", () => {
  it("comes back as it was", () => {
    const conversation = begin();
    expect(restore(saved, conversation)).toBe("scripted");
    expect(conversation.text).toBe("Once upon");
    expect(conversation.transcript.turns).toEqual(saved.turns);
    expect(conversation.options).toEqual({ temperature: 0.5, stop: ["\n"], seed: 9 });
    expect(savedConversation(conversation, "scripted", settingsFormat)).toEqual(saved);
  });

  it.each([
    ["another file", { a: 1 }, /"format" is missing, expected "gpt-simd conversation"/],
    ["a later version", { ...saved, version: 2 }, /"version" is 2/],
    ["no model", { ...saved, model: 1 }, /"model" is 1/],
    ["no turns", { ...saved, turns: 5 }, /"turns" is 5, expected a list/],
    ["a turn that is none", { ...saved, turns: [null] }, /turns\[0\] is null/],
    ["a turn without an answer", { ...saved, turns: [{ typed: [] }] }, /turns\[0\]\.answer is missing/],
    [
      "an id beyond the vocabulary",
      turn([pieces.length]),
      /typed\[0\] is 21, this model's ids go from 0 to 20/,
    ],
    ["a negative id", turn([-1]), /typed\[0\] is -1/],
    ["half an id", turn([1, 0.5]), /typed\[1\] is 0\.5/],
    ["an id that is text", turn(["1"]), /typed\[0\] is "1"/],
    [
      "another text",
      { ...saved, text: "Once" },
      /"text" is not what its tokens spell .* saved with "scripted"/,
    ],
    ["no settings", { ...saved, settings: null }, /"settings" is null/],
    [
      "an unknown setting",
      { ...saved, settings: { tmp: 1 } },
      /settings: there is no setting "tmp": did you mean temp/,
    ],
    ["a setting out of range", { ...saved, settings: { temp: -1 } }, /settings: temp: .*from 0/],
    ["a setting of no kind", { ...saved, settings: { temp: { a: 1 } } }, /settings\.temp is \{"a":1\}/],
  ])("is refused for %s, and nothing changes", async (_, content, message) => {
    const conversation = begin();
    const error = await rejectionOf((async () => restore(content, conversation))());
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^saved\.json: /);
    expect(conversation.transcript.turns).toEqual([]);
    expect(conversation.options).toEqual(greedy);
  });
});

function turn(typed: readonly unknown[]) {
  return { ...saved, turns: [{ typed, answer: [] }] };
}
