import { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Script } from "../../../../../src/cli/verbs/generate/interactive/script.ts";
import { GptError } from "../../../../../src/errors.ts";
import { rejectionOf } from "../../../../fixtures/errors.ts";

const { signal } = new AbortController();

const scriptOf = (...chunks: readonly (string | Uint8Array)[]) =>
  new Script(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), signal);

async function inputsOf(script: Script): Promise<string[]> {
  const inputs: string[] = [];
  for (;;) {
    const input = await script.read();
    if (input === undefined) return inputs;
    inputs.push(input);
  }
}

describe("Script", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  it("reads lines, whatever ends them", async () => {
    expect(await inputsOf(scriptOf("one\r\n tw", "o \n\nthree"))).toEqual(["one", " two ", "", "three"]);
    expect(await inputsOf(scriptOf())).toEqual([]);
  });

  it("joins lines that go on, even where nothing follows", async () => {
    expect(await inputsOf(scriptOf("a\\\n b\nc\\"))).toEqual(["a\n b", "c"]);
  });

  it("reports a line that is refused, and goes on with the next", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const script = scriptOf("one\n", Uint8Array.of(0x61, 0xff, 0x0a), "two\n");
    await script.read();
    const error = await rejectionOf(script.read());
    expect(error).toMatchObject({ code: "invalid-file" });
    expect(error.message).toMatch(/^the line: .*UTF-8: byte 1 is 0xff/);
    script.refuse(error);
    expect(stderr.mock.calls.join()).toMatch(/^gpt: line 2 of the input: the line: .*\n$/);
    expect(process.exitCode).toBe(1);
    expect(await script.read()).toBe("two");
  });

  it("ends with what is refused before the first line", () => {
    const error = new GptError("resource", "the text has too many tokens");
    expect(() => scriptOf("one\n").refuse(error)).toThrow(error);
    expect(process.exitCode).toBeUndefined();
  });

  it("ends without an error when the signal is aborted", async () => {
    const controller = new AbortController();
    const script = new Script(new Readable({ read() {} }), controller.signal);
    const input = script.read();
    controller.abort();
    expect(await input).toBeUndefined();
  });
});
