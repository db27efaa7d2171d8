import { expect, it } from "vitest";
import { describeWithShared, shared } from "../../../shared.ts";
import { gpt, gptWith } from "../../gpt.ts";

const model = shared("models/golden/bert-mlm");
const text = "the king is [MASK] and the queen [MASK] him .";

describeWithShared("gpt fill-mask", () => {
  it("writes a token and its probability in a line, and an empty line between masks", async () => {
    expect(await gpt("fill-mask", "-m", model, text, "--top", "2")).toEqual({
      status: 0,
      stdout: "rome\t0.2464\n##ng\t0.0555\n\n6\t0.1724\nrome\t0.1537\n",
      stderr: "",
    });
  });

  it("writes five candidates with ids in JSON", async () => {
    const { stdout } = await gpt("fill-mask", "-m", model, text, "--json");
    const { masks, ...others } = JSON.parse(stdout);
    expect(others).toEqual({ text });
    expect(masks.map(({ position }: { position: number }) => position)).toEqual([4, 8]);
    expect(masks[0].candidates).toHaveLength(5);
    expect(masks[0].candidates[0]).toMatchObject({ id: 205, token: "rome" });
  });

  it("answers a line without a mask with its error, and goes on", async () => {
    const input = Buffer.from('{"text": "no mask", "id": 7}\n{"text": "what", "text_pair": "a [MASK]"}\n');
    const { status, stdout } = await gptWith({ input }, "fill-mask", "-m", model, "--jsonl", "--json");
    const [first, second] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(status).toBe(1);
    expect(first).toEqual({ id: 7, error: { code: "usage", message: "the text holds no [MASK] to fill" } });
    expect(second.masks).toHaveLength(1);
  });

  it.each([
    [[model, "no mask"], 2, "gpt: the text holds no [MASK] to fill\n"],
    [[model, `[MASK]${" king".repeat(50)}`], 5, "gpt: a text of 53 tokens: this model takes 1 to 40\n"],
    [
      [shared("models/golden/bert-embed"), "[MASK]"],
      2,
      /holds no head that fills masks \(\.\.\.ForMaskedLM\)\n$/,
    ],
    [[shared("models/stories-gpt2"), "[MASK]"], 2, /holds no head that fills masks/],
  ])("refuses %j", async (args, status, message) => {
    const found = await gpt("fill-mask", "-m", ...args);
    expect(found).toMatchObject({ status, stdout: "" });
    expect(found.stderr).toMatch(message);
  });

  it("has models that gpt generate refuses by name", async () => {
    const { status, stderr } = await gpt("generate", "-m", model, "x");
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /is an encoder, which writes no text: gpt embed, gpt fill-mask and gpt classify read/,
    );
  });
});
