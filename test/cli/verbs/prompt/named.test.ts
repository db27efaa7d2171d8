import { expect, it } from "vitest";
import { inProcess } from "../../in-process.ts";

it("shows each prompt that it lists, with its examples", async () => {
  const listed = await inProcess("prompt", "list");
  const names = listed.stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/\s+/)[0] as string);
  expect(names).toEqual(["translate", "summarize", "sentiment", "answer", "extract"]);
  for (const name of names) {
    const { status, stdout } = await inProcess("prompt", "show", name);
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { format: expect.stringContaining("{input}") }]);
  }
});

it("names the known prompts for one that is none", async () => {
  const { status, stderr } = await inProcess("prompt", "show", "sentimant");
  expect([status, stderr]).toEqual([2, expect.stringContaining("sentiment")]);
});
