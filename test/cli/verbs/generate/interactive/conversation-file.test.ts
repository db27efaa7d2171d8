import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Conversation } from "../../../../../src/chat/conversation.ts";
import {
  completePath,
  expandHome,
  loadConversation,
  saveConversation,
} from "../../../../../src/cli/verbs/generate/interactive/conversation-file.ts";
import { greedy, once, scriptedModel } from "../../../../chat/scripted-model.ts";
import { rejectionOf } from "../../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";

const inFolder = temporaryFolder();

function conversationOf(...typed: number[]) {
  const conversation = new Conversation(scriptedModel().model, greedy);
  conversation.restore([{ typed, answer: [] }]);
  return conversation;
}

describe("a conversation in a file", () => {
  it("comes back as it was", async () => {
    const path = inFolder("saved.json");
    await saveConversation(path, conversationOf(once), "scripted", false);
    const other = conversationOf();
    expect(await loadConversation(path, other)).toBe("scripted");
    expect(other.text).toBe("Once");
    expect(other.options).toEqual(greedy);
    expect(readdirSync(inFolder())).not.toContainEqual(expect.stringMatching(/tmp$/));
  });

  it("takes the place of a saved one and of an empty file", async () => {
    const path = inFolder("twice.json");
    writeFileSync(path, "");
    await saveConversation(path, conversationOf(), "scripted", false);
    await saveConversation(path, conversationOf(once), "scripted", false);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ text: "Once" });
  });

  it.each([
    ["text", "precious"],
    ["other JSON", '{"format": "other"}'],
  ])("leaves a file of %s alone unless it may be replaced", async (_, content) => {
    const path = inFolder("precious.txt");
    writeFileSync(path, content);
    const refused = await rejectionOf(saveConversation(path, conversationOf(once), "scripted", false));
    expect(refused).toMatchObject({
      code: "usage",
      message: `${path}: is there already and is no saved conversation: choose another name, or /save! replaces it`,
    });
    expect(readFileSync(path, "utf8")).toBe(content);
    await saveConversation(path, conversationOf(once), "scripted", true);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ text: "Once" });
  });

  it("is refused where it is not there, or not JSON", async () => {
    mkdirSync(inFolder("folder"));
    writeFileSync(inFolder("broken.json"), "{");
    const load = (name: string) => rejectionOf(loadConversation(inFolder(name), conversationOf()));
    expect(await load("missing.json")).toMatchObject({ code: "not-found" });
    expect(await load("broken.json")).toMatchObject({ code: "invalid-file" });
    const save = (...names: string[]) =>
      rejectionOf(saveConversation(inFolder(...names), conversationOf(), "m", false));
    expect(await save("no", "x.json")).toMatchObject({ code: "not-found" });
    expect(await save("folder")).toMatchObject({ code: "usage" });
  });
});

describe("completePath", () => {
  it("finds files and folders, hidden ones if they are asked for", () => {
    for (const folder of ["ab", "ab/inner"]) mkdirSync(inFolder("complete", folder), { recursive: true });
    for (const name of ["abc.json", ".hidden", "other"]) writeFileSync(inFolder("complete", name), "");
    const found = (path: string) =>
      completePath(`${inFolder("complete")}/${path}`).map((name) => name.slice(inFolder("complete").length));
    expect(found("a")).toEqual(["/ab/", "/abc.json"]);
    expect(found("ab/")).toEqual(["/ab/inner/"]);
    expect(found("")).toEqual(["/ab/", "/abc.json", "/other"]);
    expect(found(".h")).toEqual(["/.hidden"]);
    expect(found("no/where")).toEqual([]);
    expect(completePath("package.j")).toEqual(["package.json"]);
    expect(completePath("~/").every((path) => path.startsWith("~/"))).toBe(true);
  });
});

describe("expandHome", () => {
  it.each([
    ["~", homedir()],
    ["~/x.json", join(homedir(), "x.json")],
    ["~x", "~x"],
    ["a/~/x", "a/~/x"],
  ])("of %s", (path, expanded) => {
    expect(expandHome(path)).toBe(expanded);
  });
});
