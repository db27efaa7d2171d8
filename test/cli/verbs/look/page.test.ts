import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const fileIn = temporaryFolder();
const look = (...args: string[]) => inProcess("look", ...args, "--quiet", "--threads", "1");
const text = "Once upon a time";

describe("gpt look -o page.html", () => {
  it("writes a page that carries the views of the prompt, from any view of one prompt", async () => {
    for (const view of ["page", "lens"]) {
      const file = fileIn(`${view}.html`);
      const { status, stdout, stderr } = await look(view, text, "-o", file, "--json");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const html = readFileSync(file, "utf8");
      expect(JSON.parse(stdout)).toEqual({ path: file, bytes: Buffer.byteLength(html), notices: [] });
      expect(html).toContain("default-src 'none'");
      expect(html).toContain('data-part="arrays"');
      expect(html).not.toContain('data-part="engine"');
    }
  }, 60_000);

  it("carries the engine and the model with --live", async () => {
    const file = fileIn("live.html");
    expect((await look("page", text, "-o", file, "--live")).status).toBe(0);
    const html = readFileSync(file, "utf8");
    for (const part of [
      "engine",
      "kernels:plain",
      "file:model/model.safetensors",
      "file:model/tokenizer.json",
    ]) {
      expect(html).toContain(`data-part="${part}"`);
    }
  });

  it("says in one line what is wrong", async () => {
    const problems = [
      [["page", text], "gpt look page writes a file: name it with -o page.html"],
      [["lens", text, "-o", "lens.json"], "name it with .html, found lens.json"],
      [["lens", text, "--live"], "--live needs -o page.html"],
    ] as const;
    for (const [args, problem] of problems) {
      const { status, stderr } = await look(...args);
      expect(status).toBe(2);
      expect(stderr).toContain(problem);
    }
  });
});
