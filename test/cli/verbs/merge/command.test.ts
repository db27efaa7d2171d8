import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { writeRandomDirectory } from "../../../fixtures/random-checkpoint.ts";
import { gpt2 } from "../../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { writeAdapter } from "../../../weights/adapters/write-adapter.ts";
import { gpt } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const model = file("model");
const adapter = file("adapter");

beforeAll(() => {
  writeRandomDirectory(model, gpt2);
  writeAdapter(adapter, { "transformer.h.0.attn.c_attn": [3 * gpt2.nEmbd, gpt2.nEmbd] });
});

async function idsOf(...args: readonly string[]): Promise<number[]> {
  const generated = await gpt("generate", "--ids", "1,2,3", "-n", "12", "--temp", "0", "--json", ...args);
  expect(generated).toMatchObject({ status: 0, stderr: "" });
  return JSON.parse(generated.stdout).ids;
}

describe("gpt generate --adapter", () => {
  it("adds adapters to the model, times their scales", async () => {
    const [without, once, none, halves] = await Promise.all([
      idsOf("-m", model),
      idsOf("-m", model, "--adapter", adapter),
      idsOf("-m", model, "--adapter", `${adapter}:0`),
      idsOf("-m", model, "--adapter", `${adapter}:0.5`, "--adapter", `${adapter}:0.5`),
    ]);
    expect(once).not.toEqual(without);
    expect(none).toEqual(without);
    expect(halves).toEqual(once);
  });

  it.each([
    [`${adapter}:much`, 2, '--adapter: expected a number, found "much"'],
    [file("nowhere"), 3, "nowhere: there is no such file or directory"],
    [model, 3, "has no adapter_config.json"],
  ])("refuses %s", async (given, status, message) => {
    const refused = await gpt("generate", "-m", model, "--ids", "1", "--adapter", given);
    expect(refused).toMatchObject({ status, stdout: "" });
    expect(refused.stderr).toContain(message);
  });
});

describe("gpt merge", () => {
  it("writes a model that generates what model and adapter do together", async () => {
    const merged = await gpt("merge", model, `${adapter}:0.5`, "-o", file("merged"));
    expect(merged).toMatchObject({ status: 0, stdout: "" });
    expect(merged.stderr).toMatch(/merged: model with adapter, \d+ kB in \d/);
    expect(await idsOf("-m", file("merged"))).toEqual(
      await idsOf("-m", model, "--adapter", `${adapter}:0.5`),
    );
  });

  it("says what it did in JSON", async () => {
    const { stdout, stderr } = await gpt("merge", model, adapter, "-o", file("json"), "--json");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      directory: file("json"),
      model: "model",
      adapters: [{ path: adapter, scale: 1 }],
    });
  });

  it("makes one model of several", async () => {
    writeRandomDirectory(file("other"), gpt2, { seed: 7 });
    const soup = await inProcess(
      "merge",
      model,
      file("other"),
      "--average",
      "--weights",
      "1,0",
      "-o",
      file("soup"),
    );
    expect(soup).toMatchObject({ status: 0, stdout: "" });
    expect(soup.stderr).toMatch(/soup: model with other by average, \d+ kB in \d/);
    expect(await idsOf("-m", file("soup"))).toEqual(await idsOf("-m", model));
    const ties = ["--ties", model, "--density", "0.5", "--json", "-o", file("ties")];
    const { stdout } = await inProcess("merge", file("other"), ...ties);
    expect(JSON.parse(stdout)).toMatchObject({ model: "other", method: "ties", base: model, density: 0.5 });
    const task = await inProcess(
      "merge",
      file("other"),
      "--task-arithmetic",
      model,
      "-o",
      file("task"),
      "-q",
    );
    expect(task).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await idsOf("-m", file("task"))).toEqual(await idsOf("-m", file("other")));
  });

  it.each([
    [["--average"], "gpt merge MODEL OTHER...: which other models?"],
    [[model, "--average", "--slerp", "0.5", "-o", file("bad")], "average and slerp: choose one"],
    [[model, "--weights", "1,2", "-o", file("bad")], "--weights needs a method"],
    [[model, "--density", "1", "-o", file("bad")], "--density needs a method"],
    [[`${model}:0.5`, "--average", "-o", file("bad")], "models have --weights"],
    [[model, "--slerp", "2", "-o", file("bad")], '--slerp: expected a number from 0 to 1, found "2"'],
  ])("refuses models with %j", async (args, message) => {
    const refused = await inProcess("merge", model, ...args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(message);
    expect(existsSync(file("bad"))).toBe(false);
  });

  it.each([
    [[model], "which adapter?"],
    [[model, adapter], "-o DIRECTORY says it"],
    [[model, adapter, "-o", model], "write to another place"],
    [[model, model, "-o", file("bad")], "has no adapter_config.json"],
    [[file("nowhere"), adapter, "-o", file("bad")], "no model"],
  ])("refuses %j", async (args, message) => {
    const refused = await gpt("merge", ...args);
    expect(refused.status).toBeGreaterThan(0);
    expect(refused.stderr).toContain(message);
    expect(existsSync(file("bad"))).toBe(false);
  });
});
