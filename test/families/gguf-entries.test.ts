import { expect, it } from "vitest";
import { decoderEntries } from "../../src/families/gguf-entries.ts";
import { tinyLlama } from "../fixtures/configs.ts";
import { configOf } from "./config-json.ts";

it("an activation for which an architecture has no key is refused where it is not the usual one", async () => {
  const entriesOf = async (hidden_act: string) => {
    const config = await configOf({ ...tinyLlama, hidden_act });
    return decoderEntries("models/x", config);
  };
  expect((await entriesOf("silu")).has("llama.block_count")).toBe(true);
  const problem =
    "models/x: GGUF has no architecture for llama models with gelu_erf: write a directory instead";
  await expect(entriesOf("gelu")).rejects.toMatchObject({ code: "usage", message: problem });
});
