import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { configJson } from "../../src/families/config-json.ts";
import { parseModel } from "../../src/families/parse.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();

describeWithShared("a directory that is written from a golden checkpoint", () => {
  it.each([
    "deepseek_v2",
    "deepseek_v2-yarn",
    "deepseek_v3",
    "gemma3n_text",
    "gemma4-moe",
    "gemma4-dense",
    "glm4_moe",
  ])("%s: has the same config", async (name) => {
    const source = shared(`models/golden/${name}`);
    await quantizeModel(source, file(name), "f32", { threads: 1 });
    const [before, after] = await Promise.all(
      [source, file(name)].map(async (path) => (await parseModel(await openCheckpoint(path))).config),
    );
    expect(after).toEqual(before);
    const written = configJson(await parseModel(await openCheckpoint(source)));
    expect(written).toMatchObject({ num_hidden_layers: before?.layers.length });
  });

  it.each(["ministral3", "deepseek_v3"])("%s: and one from its GGUF file", async (name) => {
    const [gguf, again] = [file(`${name}.gguf`), file(`${name}-again`)];
    await quantizeModel(shared(`models/golden/${name}`), gguf, "f32", { threads: 1 });
    await quantizeModel(gguf, again, "f32", { threads: 1 });
    const [first, last] = await Promise.all(
      [gguf, again].map(async (path) => (await parseModel(await openCheckpoint(path))).config),
    );
    expect(last).toEqual(first);
  });
});
