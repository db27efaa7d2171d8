import { spawn } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseSimd } from "../src/compute/kernels/kernels.ts";
import { Runtime } from "../src/compute/runtime.ts";
import { type LanguageModel, loadModel, type ModelOptions } from "../src/index.ts";
import { expectSameBits } from "./engine/bits.ts";
import { rejectionOf } from "./fixtures/errors.ts";
import { writeRandomDirectory } from "./fixtures/random-checkpoint.ts";
import { gpt2, llama } from "./fixtures/stored-config.ts";
import { temporaryFolder } from "./fixtures/temporary.ts";
import { gpt2Xl, gpt3, writeZeroGpt2 } from "./fixtures/zero-gpt2.ts";

const file = temporaryFolder();
const path = file("gpt2");
const otherPath = file("llama");
const { memory } = Runtime.get(chooseSimd("auto"));

/** A generation or a prompt of this length can be interrupted. */
const nPositions = 2048;
const prompt = (length: number) => Array.from({ length }, (_, i) => (i * 7) % gpt2.vocabSize);

async function greedy(model: LanguageModel, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of model.generate(prompt, { temperature: 0, maxTokens })) ids.push(id);
  return ids;
}

/** Loads, uses and closes a model. Scratch memory is kept and has its size afterwards. */
async function use(directory: string, options: ModelOptions = {}): Promise<void> {
  const model = await loadModel(directory, { threads: 2, ...options });
  expect(await greedy(model, prompt(70), 3)).toHaveLength(3);
  await model.close();
}

beforeAll(async () => {
  writeRandomDirectory(path, { ...gpt2, nPositions });
  writeRandomDirectory(otherPath, { ...llama, nPositions });
  await use(path);
  await use(otherPath);
});

describe("memory", () => {
  it("is given back: a hundred models come and go", async () => {
    const large = writeZeroGpt2(file("zero"), {
      ...gpt2Xl,
      n_layer: 2,
      n_embd: 200,
      n_positions: 256,
      vocab_size: 999,
    });
    await use(large);
    const { allocated } = memory;
    const size = memory.wasm.buffer.byteLength;
    for (let i = 0; i < 20; i++) await use(large);
    const resident = process.memoryUsage.rss();
    for (let i = 0; i < 80; i++) await use(i % 2 === 0 ? large : path);
    expect(memory.allocated).toBe(allocated);
    expect(memory.wasm.buffer.byteLength).toBe(size);
    expect(process.memoryUsage.rss() - resident).toBeLessThan(100 << 20);
  });

  it("is given back when loading is aborted", async () => {
    const { allocated } = memory;
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const onProgress = (loaded: number, total: number) => {
      if (loaded > total / 2) controller.abort(reason);
    };
    await expect(loadModel(path, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(memory.allocated).toBe(allocated);
  });

  it("is given back by sessions that their model closes", async () => {
    const { allocated } = memory;
    const model = await loadModel(path);
    for (let i = 0; i < 3; i++) await model.createSession().append(prompt(100));
    await model.close();
    expect(memory.allocated).toBe(allocated);
  });
});

describe("a model that does not fit", () => {
  it("is refused before it is loaded, with both numbers", async () => {
    const directory = writeZeroGpt2(file("gpt3"), gpt3);
    const { allocated } = memory;
    const size = memory.wasm.buffer.byteLength;
    const start = performance.now();
    const { code, message } = await rejectionOf(loadModel(directory));
    expect(performance.now() - start).toBeLessThan(2000);
    expect(code).toBe("resource");
    expect(message).toMatch(/the model needs 7\d{2},\d{3} MB .* [\d,]+ MB are available/);
    expect(memory.allocated).toBe(allocated);
    expect(memory.wasm.buffer.byteLength).toBe(size);
  });
});

describe("two models", () => {
  it("are loaded and run at the same time as if each were alone", async () => {
    const alone = async (directory: string) => {
      await using model = await loadModel(directory, { threads: 1 });
      return await greedy(model, prompt(70), 40);
    };
    const expected = [await alone(path), await alone(otherPath)];
    const models = await Promise.all([loadModel(path, { threads: 2 }), loadModel(otherPath, { threads: 3 })]);
    expect(await Promise.all(models.map((model) => greedy(model, prompt(70), 40)))).toEqual(expected);
    const [first, second] = models;
    await first.close();
    expect(await greedy(second, prompt(70), 40)).toEqual(expected[1]);
    await second.close();
  });
});

describe("close", () => {
  it("ends a generation that runs with a clear error", async () => {
    const { allocated } = memory;
    const model = await loadModel(path);
    const ids: number[] = [];
    let closed: Promise<void> | undefined;
    const generation = async () => {
      for await (const { id } of model.generate(prompt(5), { maxTokens: 1000 })) {
        ids.push(id);
        if (ids.length === 5) closed = model.close();
      }
    };
    const error = await rejectionOf(generation());
    expect(error).toMatchObject({ code: "usage", message: "the session is closed" });
    expect(ids).toHaveLength(5);
    await closed;
    expect(memory.allocated).toBe(allocated);
  });

  it("waits for what is being computed, which stays right", async () => {
    const { allocated } = memory;
    const model = await loadModel(path);
    const long = prompt(1500);
    const expected = await model.createSession().append(long);
    const session = model.createSession();
    const order: string[] = [];
    const running = session.append(long).finally(() => order.push("append"));
    const next = loadModel(otherPath);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await model.close().finally(() => order.push("close"));
    expect(order).toEqual(["append", "close"]);
    expectSameBits(await running, expected, gpt2.vocabSize);
    expect((await rejectionOf(session.append([1]))).message).toBe("the session is closed");
    await (await next).close();
    expect(memory.allocated).toBe(allocated);
  });

  it("may be called again, and leaves nothing to be created", async () => {
    const model = await loadModel(path);
    await Promise.all([model.close(), model.close()]);
    await model.close();
    expect(() => model.createSession()).toThrow("the model is closed");
    await expect(greedy(model, [1], 1)).rejects.toThrow("the model is closed");
  });
});

const library = new URL("../dist/bundle/index.js", import.meta.url);

/**
 * Runs a program with the built library, `generate(model, count)` and the model's `path`, as a process of its
 * own.
 */
function runProgram(program: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const script = `
    import { loadModel } from ${JSON.stringify(library.href)};
    const path = ${JSON.stringify(path)};
    async function generate(model, count) {
      for await (const { id } of model.generate([1, 2, 3], { temperature: 0, maxTokens: count })) count--;
      console.log(count);
    }
    ${program}`;
  const args = ["--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 10_000 });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

describe.concurrent("a process that uses the built library ends", () => {
  const load = "const model = await loadModel(path, { threads: 4 });";

  it("after close", async ({ expect }) => {
    const result = await runProgram(`${load} await generate(model, 40); await model.close();`);
    expect(result).toEqual({ status: 0, stdout: "0\n", stderr: "" });
  });

  it("without close", async ({ expect }) => {
    const result = await runProgram(`${load} await generate(model, 40);`);
    expect(result).toEqual({ status: 0, stdout: "0\n", stderr: "" });
  });

  it("right after loading, while threads start", async ({ expect }) => {
    expect(await runProgram(load)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("by an error that is not caught", async ({ expect }) => {
    const { status, stderr } = await runProgram(
      `${load} await generate(model, 40); throw new Error("oh no");`,
    );
    expect(status).toBe(1);
    expect(stderr).toContain("oh no");
  });

  it("by process.exit in the middle of a generation", async ({ expect }) => {
    const program = `${load} setTimeout(() => process.exit(3), 20); await generate(model, 2000);`;
    expect(await runProgram(program)).toEqual({ status: 3, stdout: "", stderr: "" });
  });
});
