import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Script } from "../../../src/cli/interactive/script.ts";
import { GptError } from "../../../src/errors.ts";
import { rejectionOf } from "../../fixtures/errors.ts";

const { signal } = new AbortController();

const scriptOf = (...chunks: readonly (string | Uint8Array)[]) =>
  new Script(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), signal);

async function inputsOf(script: Script): Promise<string[]> {
  const inputs: string[] = [];
  for (;;) {
    const input = await script.read(signal);
    if (input === undefined) return inputs;
    inputs.push(input);
  }
}

describe("Script", () => {
  it("reads lines, whatever ends them", async () => {
    expect(await inputsOf(scriptOf("one\r\n tw", "o \n\nthree"))).toEqual(["one", " two ", "", "three"]);
    expect(await inputsOf(scriptOf())).toEqual([]);
  });

  it("joins lines that go on, even where nothing follows", async () => {
    expect(await inputsOf(scriptOf("a\\\n b\nc\\"))).toEqual(["a\n b", "c"]);
  });

  it("ends with the line that is refused, and names it", async () => {
    const script = scriptOf("one\n/tpo\n");
    await script.read(signal);
    await script.read(signal);
    expect(() => script.refuse(new GptError("usage", "unknown command"))).toThrow(
      "line 2 of the input: unknown command",
    );
    const error = await rejectionOf(inputsOf(scriptOf("ok\n", Uint8Array.of(0x61, 0xff, 0x0a))));
    expect(error).toMatchObject({ code: "invalid-file" });
    expect(error.message).toMatch(/^line 2 of the input: .*UTF-8: byte 1 is 0xff/);
  });

  it("ends without an error when the signal is aborted", async () => {
    const controller = new AbortController();
    const script = new Script(new Readable({ read() {} }), controller.signal);
    const input = script.read(controller.signal);
    controller.abort();
    expect(await input).toBeUndefined();
  });
});
