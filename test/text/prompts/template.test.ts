import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { knownTemplates } from "../../../src/text/prompts/known.ts";
import { fewShotPrompt, isShotFormat } from "../../../src/text/prompts/shots.ts";
import { readTemplate } from "../../../src/text/prompts/template.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const path = temporaryFolder();
const stored = {
  format: "{input} -> {output}\n",
  shots: [{ input: "a", output: "b" }],
  stop: ["\n"],
  max_tokens: 4,
};

describe("a template in a file", () => {
  it("is read", async () => {
    writeFileSync(path("t.json"), JSON.stringify(stored));
    const { shots, format, ...template } = await readTemplate(path("t.json"));
    expect(template).toEqual({ describe: "", stop: ["\n"], maxTokens: 4 });
    expect(fewShotPrompt("c", shots, format)).toBe("a -> b\nc ->");
  });

  it.each([
    [{ format: "x" }, 'format is "x", expected a text with {input} and then {output}'],
    [{ shots: [{ input: "a" }] }, "shots[0].output is missing, expected a string"],
    [{ shots: 1 }, "shots is 1, expected a list"],
    [{ stop: [1] }, "stop is [1], expected a list of texts"],
    [{ max_tokens: -1 }, "max_tokens is -1"],
    [{ describe: 2 }, "describe is 2, expected a string"],
  ])("is refused with %j", async (change, message) => {
    writeFileSync(path("bad.json"), JSON.stringify({ ...stored, ...change }));
    await expect(readTemplate(path("bad.json"))).rejects.toThrow(message);
  });
});

it.each(Object.entries(knownTemplates))(
  "%s has examples whose outputs its stop texts do not cut",
  (_, template) => {
    expect(isShotFormat(template.format)).toBe(true);
    for (const { output } of template.shots) {
      expect(template.stop.filter((stop) => output.includes(stop))).toEqual([]);
    }
  },
);
