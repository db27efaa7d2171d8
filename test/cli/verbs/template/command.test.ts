import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const place = temporaryFolder();
const file = (name: string, text: string): string => {
  const path = place(name);
  writeFileSync(path, text);
  return path;
};
const messages = file("messages.json", '[{"role": "user", "content": "Hi"}]');

mkdirSync(place("base"));
file("base/config.json", "{}");

describe("gpt template", () => {
  it("prints the prompt and nothing else", async () => {
    const template = file(
      "a.jinja",
      "{{ bos_token }}{{ messages[0].content }}{% if add_generation_prompt %}>{% endif %}",
    );
    const args = ["template", "--messages", messages, "--template", template, "--bos", "<s>"];
    expect(await inProcess(...args)).toEqual({ status: 0, stdout: "<s>Hi>", stderr: "" });
    expect((await inProcess(...args, "--no-generation-prompt")).stdout).toBe("<s>Hi");
  });

  it("takes tools, variables and a date", async () => {
    const template = file("b.jinja", "{{ tools | tojson }}{{ x }}{{ y }}{{ strftime_now('%d %b %Y') }}");
    const tools = file("tools.json", '[{"b": 1.0, "a": null}]');
    const args = ["--messages", messages, "--template", template, "--tools", tools, "--date", "2024-07-26"];
    const { stdout } = await inProcess("template", ...args, "--var", "x=false", "--var", "y=high");
    expect(stdout).toBe('[{"b": 1.0, "a": null}]Falsehigh26 Jul 2024');
  });

  it("takes messages and tools as a batch has them", async () => {
    const whole = file("whole.json", '{"messages": [{"role": "user", "content": "Q"}], "tools": [1]}');
    const template = file("c.jinja", "{{ messages[0].content }}{{ tools }}");
    expect((await inProcess("template", "--messages", whole, "--template", template)).stdout).toBe("Q[1]");
  });

  it("prints ids, of control tokens for the template's text alone", async () => {
    const template = file("ids.jinja", "{{ eos_token }}{{ messages[0].content }}<|endoftext|>");
    const talk = file("talk.json", '[{"role": "user", "content": "<|endoftext|>"}]');
    const args = ["template", "--messages", talk, "--template", template, "-m", "stories"];
    const ids = (await inProcess(...args, "--ids")).stdout.trim().split(" ");
    expect(ids.filter((id) => id === "0")).toHaveLength(2);
    expect(ids.length).toBeGreaterThan(4);
    const { stdout } = await inProcess(...args, "--color", "always");
    expect(stdout).toBe(
      "\x1b[2m<|endoftext|>\x1b[22m\x1b[1m<|endoftext|>\x1b[22m\x1b[2m<|endoftext|>\x1b[22m",
    );
  });

  it("ends with 4 and the template's words if it refuses", async () => {
    const template = file("d.jinja", "{{ raise_exception('Roles must alternate') }}");
    const { status, stdout, stderr } = await inProcess(
      "template",
      "--messages",
      messages,
      "--template",
      template,
    );
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain("Roles must alternate");
  });

  it.each([
    [["--date", "someday"], 2, "expected a date"],
    [["--var", "5"], 2, "expected NAME=VALUE"],
    [["-m", place("base")], 3, "has no chat template"],
  ])("refuses %j", async (args, status, words) => {
    const outcome = await inProcess("template", "--messages", messages, ...args);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(words);
  });

  it("says that messages are no JSON", async () => {
    const broken = file("broken.json", "[{");
    const outcome = await inProcess("template", "--messages", broken, "-m", "stories");
    expect(outcome.status).toBe(4);
  });
});
