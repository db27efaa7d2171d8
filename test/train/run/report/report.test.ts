import { describe, expect, it } from "vitest";
import { decoderOfShape } from "../../../../src/train/new-model/model-shape.ts";
import { PRESETS } from "../../../../src/train/new-model/presets.ts";
import { History, type RunRecord } from "../../../../src/train/run/history.ts";
import { lossSvg } from "../../../../src/train/run/report/loss-svg.ts";
import { type CardFacts, modelCard } from "../../../../src/train/run/report/model-card.ts";

const records = Array.from(
  { length: 2000 },
  (_, i): RunRecord => ({
    kind: "train",
    step: i + 1,
    loss: 2 + 5 / (1 + i / 100),
    lr: 1e-3,
    gradNorm: 1,
    tokens: 100 * (i + 1),
    seconds: 0.1,
  }),
);

const history = new History("loss", [
  { kind: "validation", step: 0, loss: 7 },
  ...records,
  { kind: "sample", step: 1000, text: "Once | upon\n```\na time" },
  { kind: "validation", step: 2000, loss: 2.5 },
]);

/** Names of the elements, which must nest, as an XML parser checks first. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, close, name = "", self] of xml.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else names.push(name);
    if (!close && !self) open.push(name);
  }
  expect(open).toEqual([]);
  return names;
}

describe("lossSvg", () => {
  const svg = lossSvg(history, 'a <b> & "c"\x1b');

  it("is well-formed, with three curves and the names of two", () => {
    const names = elements(svg);
    expect(names.filter((name) => name === "polyline")).toHaveLength(3);
    expect(svg).toContain("<title>a &#60;b&#62; &#38; &#34;c&#34; </title>");
    expect(svg).toContain("validation loss, best 2.5000");
  });

  it("stays within its frame and at a size that can be looked at", () => {
    const places = [...svg.matchAll(/(-?[\d.]+),(-?[\d.]+)(?=[ "])/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(places.length).toBeGreaterThan(1000);
    expect(places.every(([x = -1, y = -1]) => x >= 60 && x <= 740 && y >= 44 && y <= 374)).toBe(true);
    expect(svg.length).toBeLessThan(40_000);
  });

  it("can be drawn of a run that has not begun", () => {
    expect(elements(lossSvg(new History(), "empty"))).not.toContain("polyline");
  });
});

describe("modelCard", () => {
  const facts: CardFacts = {
    name: "tales",
    config: decoderOfShape({ ...PRESETS.mini, family: "gpt2" }),
    base: undefined,
    use: "gpt generate -m tales",
    tokenizer: "byte-level BPE",
    data: {
      sources: ["a|b.txt"],
      tokens: 1e6,
      textBytes: 4e6,
      validationTokens: 1000,
      validationBytes: 4000,
      validation: { size: 90, sampled: 64 },
    },
    command: "gpt train 'a|b.txt' -o tales",
    schedule: "cosine from 0.0024 to 0.00024, warm-up 5%",
    settings: { dropout: 0, seed: 1 },
    stepTokens: 4096,
    machine: "a machine",
    seconds: 630,
  };
  const card = modelCard(facts, history);

  it("begins as Hugging Face reads it, with the licence to fill in", () => {
    expect(card).toMatch(/^---\nlicense: unknown\n/);
    expect(card).toContain("To fill in: the licence");
  });

  it("names model, data, settings and losses", () => {
    expect(card).toContain("A gpt2 model of 3,505,152 parameters");
    expect(card).toContain("2.5000 nats per token, about 0.9017 bits per byte");
    expect(card).toContain("| steps | 2,000 of 4,096 tokens: 8.19 epochs |");
    expect(card).toContain("| data | `a\\|b.txt` |");
    expect(card).toContain("| time | 10.5 minutes |");
    expect(card).toContain("```console\ngpt train 'a|b.txt' -o tales\n```");
    expect(card).toContain("(loss.svg)");
  });

  it("says what the validation loss was measured on", () => {
    expect(card).toContain(
      "bits per byte, measured on 64 random ones of 90 held-out sequences, after 2,000 steps",
    );
    const measured = new History("loss", [{ kind: "validation", step: 5, loss: 2.5 }]);
    measured.whole = { kind: "validation", step: 5, loss: 2.75 };
    expect(modelCard(facts, measured)).toContain(
      "Its validation loss is 2.7500 nats per token, about 0.9919 bits per byte, measured on all 90 held-out sequences.",
    );
  });

  it("holds the command that uses it, and the base model", () => {
    expect(card).toContain("```console\ngpt generate -m tales\n```");
    const further = modelCard({ ...facts, base: { name: "base", adapterParameters: undefined } }, history);
    expect(further).toContain('\nbase_model: "base"\nlibrary_name: transformers\n');
    expect(further).toContain("of 3,505,152 parameters that began as `base`, trained");
    const adapter = modelCard({ ...facts, base: { name: "base", adapterParameters: 1234 } }, history);
    expect(adapter).toContain("\nlibrary_name: peft\n");
    expect(adapter).toContain("A LoRA adapter of 1,234 parameters for `base`, a gpt2 model");
  });

  it("fences samples that hold fences", () => {
    expect(card).toContain("````text\nOnce | upon\n```\na time\n````");
  });
});
