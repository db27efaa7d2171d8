import { describe, expect, it } from "vitest";
import { Output, type OutputStream } from "../../../../src/cli/terminal/output.ts";
import { styleFor } from "../../../../src/cli/terminal/style.ts";
import { TextWriter } from "../../../../src/cli/verbs/generate/writers.ts";

/** What a writer sends for samples, each a list of texts; the first of a list is a prompt. */
async function written(live: boolean, color: "always" | "never", ...samples: (readonly string[])[]) {
  const sent: string[] = [];
  const stream: OutputStream = {
    write: (data, done) => {
      sent.push(String(data));
      done();
      return true;
    },
    on: () => {},
  };
  const writer = new TextWriter(new Output(stream), styleFor({}, color, {}), live);
  const progress: number[] = [];
  for (const [prompt = "", ...texts] of samples) {
    await writer.add(prompt);
    for (const [id, text] of texts.entries()) {
      const logprob = Math.log(id === 0 ? 0.001 : 0.999);
      await writer.add(text, { id, text, ...(color === "always" ? { logprobs: { logprob, top: [] } } : {}) });
    }
    progress.push(sent.length);
    await writer.end();
  }
  return { text: sent.join(""), progress };
}

describe("TextWriter", () => {
  it("sets several samples apart, and only those", async () => {
    expect((await written(true, "never", ["Once", " upon"])).text).toBe("Once upon\n");
    expect((await written(true, "never", ["", "a\n"], ["", ""], ["", "b"])).text).toBe("a\n---\n---\nb\n");
  });

  it("writes as text comes, or the same at the end", async () => {
    const samples = [
      ["Once", " upon", " a"],
      ["Once", " there"],
    ];
    const live = await written(true, "never", ...samples);
    const whole = await written(false, "never", ...samples);
    expect(whole.text).toBe(live.text);
    expect(live.progress[0]).toBe(3);
    expect(whole.progress[0]).toBe(0);
  });

  it("dims the prompt and gives tokens the colour of their probability", async () => {
    const { text } = await written(true, "always", ["Once", " bad", " good"]);
    const [bad, good] = ["\x1b[30;41m bad\x1b[39;49m", "\x1b[4m\x1b[30;42m good\x1b[39;49m\x1b[24m"];
    expect(text).toBe(`\x1b[2mOnce\x1b[22m${bad}${good}\n`);
  });
});
