import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const place = temporaryFolder();
const file = (name: string, text: string): string => {
  writeFileSync(place(name), text);
  return place(name);
};

describe("gpt generate --chat", () => {
  it("answers a message, as the template makes a prompt of it", async () => {
    const args = ["--seed", "1", "-n", "5", "--json", "--no-stdin"];
    const chat = await inProcess("generate", "--chat", "--system", " A tale. ", "Once", ...args);
    const plain = await inProcess("generate", "A tale. Once", ...args);
    const { text, prompt_ids } = JSON.parse(chat.stdout);
    expect(text).toBe(JSON.parse(plain.stdout).text);
    expect(prompt_ids).toEqual(JSON.parse(plain.stdout).prompt_ids);
  });

  it("takes messages in lines of a batch", async () => {
    const line = { id: 7, messages: [{ role: "user", content: "Once upon a time" }], max_tokens: 3 };
    const lines = file(
      "lines.jsonl",
      `${JSON.stringify(line)}\n{"messages": 5}\n{"prompt": "a", "messages": []}\n`,
    );
    const { stdout, status } = await inProcess("generate", "--jsonl", "--chat", "-f", lines, "--quiet");
    const [first, second, third] = stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(first).toMatchObject({ id: 7, finish_reason: "length", prompt_ids: [426, 439, 259, 397] });
    expect(second.error.message).toContain("expected a list of messages");
    expect(third.error.message).toContain("give messages, prompt or ids");
    expect(status).toBe(1);
    const texts = file("texts.txt", "Once upon a time\n");
    const plain = await inProcess("generate", "--lines", "--chat", "-f", texts, "-n", "3", "--quiet");
    expect(JSON.parse(plain.stdout).prompt_ids).toEqual([426, 439, 259, 397]);
  });

  it.each([
    [["--system", "s", "a"], "give --chat too"],
    [["--chat", "--ids", "1"], "--chat takes a message"],
    [["--chat", "-i"], "gpt chat is a conversation"],
  ])("refuses %j", async (args, words) => {
    const { status, stderr } = await inProcess("generate", "--no-stdin", ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  it("refuses a line with messages without --chat", async () => {
    const lines = file("alone.jsonl", '{"messages": []}\n');
    const { stdout } = await inProcess("generate", "--jsonl", "-f", lines, "--quiet");
    expect(JSON.parse(stdout).error.message).toContain("unknown key");
  });
});
