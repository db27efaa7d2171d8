import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { combine, readPrompt } from "../../../../src/cli/verbs/generate/prompt.ts";
import type { Prompt } from "../../../../src/text/text-model.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";

describe("combine", () => {
  it("puts what was read before the prompt, or where the prompt says", () => {
    expect(combine("Summary:", "A story.", false)).toBe("A story.\nSummary:");
    expect(combine("{stdin} and {stdin}", "$& $1", false)).toBe("$& $1 and $& $1");
    expect(combine("In {stdin}", "{stdin}", false)).toBe("In {stdin}");
  });

  it("takes nothing for none, and leaves no placeholder behind by mistake", () => {
    expect(combine("Once", "", false)).toBe("Once");
    expect(() => combine("Of {stdin}", "", false)).toThrow(
      "{stdin} stands for what is piped in, which is empty",
    );
    expect(combine("Of {stdin}", "", true)).toBe("Of {stdin}");
  });
});

describe("readPrompt", () => {
  const file = temporaryFolder();
  const read = (flags: object): Promise<Prompt> =>
    readPrompt(
      { _: [], $0: "gpt", noStdin: true, ...flags } as unknown as Parameters<typeof readPrompt>[0],
      new AbortController().signal,
    );

  it("reads a file, less one line feed at its end", async () => {
    writeFileSync(file("story"), "One.\n\n");
    expect(await read({ file: file("story") })).toBe("One.\n");
    expect(await read({ file: file("story"), prompt: "Two." })).toBe("One.\n\nTwo.");
    writeFileSync(file("empty"), "");
    expect(await read({ file: file("empty") })).toBe("");
    expect(await read({ file: file("empty"), prompt: "Two." })).toBe("Two.");
  });

  it("processes escapes wherever the text is from, before its parts are put together", async () => {
    writeFileSync(file("escapes"), "a\\nb\n");
    expect(await read({ file: file("escapes"), escape: true })).toBe("a\nb");
    expect(await read({ file: file("escapes"), prompt: "\\n{stdin}", escape: true })).toBe("\na\nb");
    expect(await read({ file: file("escapes") })).toBe("a\\nb");
    writeFileSync(file("wrong"), "C:\\docs");
    expect((await rejectionOf(read({ file: file("wrong"), escape: true }))).message).toContain(
      "no escape \\d",
    );
    expect(await read({ prompt: "\\n" })).toBe("\\n");
  });

  it("takes ids as they are", async () => {
    expect(await read({ ids: [1, 2] })).toEqual([1, 2]);
    const { code, message } = await rejectionOf(read({ ids: [1], prompt: "text" }));
    expect([code, message]).toEqual(["usage", "give a text or --ids, not both"]);
    expect((await rejectionOf(read({ ids: [1], file: "-" }))).code).toBe("usage");
  });

  it("says which file is missing, or is no text", async () => {
    const missing = await rejectionOf(read({ file: file("missing") }));
    expect(missing.code).toBe("not-found");
    expect(missing.message).toBe(`${file("missing")}: there is no such file or directory`);
    writeFileSync(file("latin1"), Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    const latin1 = await rejectionOf(read({ file: file("latin1") }));
    expect(latin1.code).toBe("invalid-file");
    expect(latin1.message).toContain(`${file("latin1")}: is not UTF-8: byte 3 is 0xe9`);
    expect((await rejectionOf(read({ file: file() }))).message).toContain("is a directory, expected a file");
    expect((await rejectionOf(read({}))).message).toContain("no text is given");
  });
});
