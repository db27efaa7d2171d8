import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Ablation } from "../../../../src/look/ablation.ts";
import type { Patching } from "../../../../src/look/patching.ts";
import { unpack } from "../../../../src/page/packing.ts";
import type { Compared, PageData, Steered } from "../../../../src/page/page-data.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const fileIn = temporaryFolder();
const look = (...args: string[]) => inProcess("look", ...args, "--quiet", "--threads", "1");
const text = "Once upon a time";

/** What a page carries. */
function pageDataOf(html: string): PageData {
  const part = (name: string) => {
    const [, content = ""] = new RegExp(`data-part="${name}"[^>]*>([^<]*)<`).exec(html) ?? [];
    return inflateRawSync(Buffer.from(content, "base64"));
  };
  const bytes = Uint8Array.from(part("arrays"));
  return unpack<PageData>({ json: part("json").toString(), bytes });
}

describe("gpt look -o page.html", () => {
  it("writes a page that carries the views of the prompt, from any view of one prompt", async () => {
    for (const view of ["page", "lens", "flow"]) {
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

  it.each([
    ["ablate", [text, "--mean"], "ablation"],
    ["patch", ["The cat sat", "The dog sat", "--token", " on"], "patching"],
    ["steer", ["I was sad", "I was happy", "--layer", "2", "--max-tokens", "3"], "steering"],
    ["tokens", [text, "--compare", "stories", "--top", "3"], "compared"],
  ] as const)(
    "has a part for %s, in sight first, by its flags",
    async (view, args, field) => {
      const file = fileIn(`${view}.html`);
      expect((await look(view, ...args, "-o", file)).status).toBe(0);
      const { [field]: part, ...data } = pageDataOf(readFileSync(file, "utf8"));
      expect(data.start.view).toBe(view === "tokens" ? "compare" : view);
      const { stdout } = await look(view, ...args, "--json", "--quant", "f32");
      expect(part).toBeDefined();
      const said = JSON.parse(stdout);
      if (view === "ablate") expect((part as Ablation).loss).toBeCloseTo(said.loss, 6);
      if (view === "patch") expect((part as Patching).cleanDifference).toBe(said.clean_difference);
      if (view === "steer") expect((part as Steered).written[4]).toBe(said.texts.steered);
      if (view === "tokens") {
        expect((part as Compared).surprisal).toEqual(data.surprisal);
        expect(data.surprisal.topIds.shape).toEqual([4, 3]);
        expect(data.lens.topIds.shape[2]).toBe(3);
      }
    },
    60_000,
  );

  it("begins with what --layer, --head and --position choose, and explains --token", async () => {
    const file = fileIn("chosen.html");
    const chosen = ["--layer", "2", "--head", "1", "--position", "1", "--token", " little", "--neuron", "7"];
    expect((await look("page", text, ...chosen, "--steps", "2", "-o", file)).status).toBe(0);
    const { start, why, neurons, texts } = pageDataOf(readFileSync(file, "utf8"));
    expect(start).toEqual({ view: "page", layer: 2, head: 1, position: 1 });
    expect(texts[why?.token ?? 0]).toBe(" little");
    expect(why?.inputs[2]?.note).toContain("in 2 steps");
    expect(neurons[0]).toMatchObject({ layer: 2, neuron: 7 });
    expect((await look("page", text, "--layer", "6", "-o", file)).stderr).toContain(
      "layer 6: there are 0 to 5",
    );
  });

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
