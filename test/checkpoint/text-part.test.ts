import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { writeModelDirectory } from "../fixtures/directory-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const text_config = { model_type: "gemma3_text", hidden_size: 8 };
const whole = { model_type: "gemma3", architectures: ["Gemma3ForConditionalGeneration"], eos_token_id: 1 };
const one = { shape: [1] };

/** Opens a model with these fields and tensors of one number each. */
const open = (name: string, config: object, tensors: readonly string[]) =>
  openCheckpoint(
    writeModelDirectory(
      file(name),
      { ...config },
      Object.fromEntries(tensors.map((tensor) => [tensor, one])),
    ),
  );

it("the text part has the fields of text_config, those of the whole that it lacks, and its own class", async () => {
  const checkpoint = await open("fields", { ...whole, vision_config: { hidden_size: 9 }, text_config }, []);
  expect(checkpoint).toMatchObject({
    textPartOf: "gemma3",
    config: { ...text_config, eos_token_id: 1, architectures: ["Gemma3ForCausalLM"] },
  });
  expect(checkpoint).not.toHaveProperty("config.vision_config");
});

it("a text part of another family has no class, and keeps its own ids", async () => {
  const text_config = { model_type: "mistral", eos_token_id: 2 };
  const checkpoint = await open("other", { ...whole, model_type: "mistral3", text_config }, []);
  expect(checkpoint).toHaveProperty("config", { model_type: "mistral", eos_token_id: 2 });
});

it.each([
  ["model.language_model.norm.weight", "model.norm.weight"],
  ["language_model.model.norm.weight", "model.norm.weight"],
  ["language_model.lm_head.weight", "lm_head.weight"],
  ["model.text_model.norm.weight", "model.norm.weight"],
  ["lm_head.weight", "lm_head.weight"],
  ["vision_tower.norm.weight", "vision_tower.norm.weight"],
])("the tensor %s is %s", async (stored, name) => {
  const { tensors } = await open(stored, { ...whole, text_config }, [stored]);
  expect([...tensors].map(([key, tensor]) => [key, tensor.name])).toEqual([[name, name]]);
});

it("a model of text alone stays as it is", async () => {
  const checkpoint = await open("alone", text_config, ["language_model.model.norm.weight"]);
  expect(checkpoint).toHaveProperty("config", text_config);
  expect(checkpoint).not.toHaveProperty("textPartOf");
  expect([...checkpoint.tensors.keys()]).toEqual(["language_model.model.norm.weight"]);
});
