import { availableParallelism } from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { Model, type ModelOptions } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2 } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf } from "../fixtures/uniform.ts";

const file = temporaryFolder();

async function load(options: ModelOptions = {}): Promise<Model> {
  const checkpoint = await openCheckpoint(file("gpt2"));
  return Model.load(checkpoint, await parseModel(checkpoint), options);
}

beforeAll(() => {
  writeRandomDirectory(file("gpt2"), gpt2);
});

describe("loading a model", () => {
  it("chooses the threads, the context and the build where nothing is asked for", async () => {
    const model = await load();
    expect(model.threads).toBe(Math.min(availableParallelism(), 8));
    expect(model.contextSize).toBe(gpt2.nPositions);
    expect(model.simd).toBe(builds.at(-1));
    expect(model.config).toEqual(decoderOf(gpt2));
    await model.close();
  });

  it("does as it is told", async () => {
    const model = await load({ threads: 3, contextSize: 17, simd: "plain" });
    expect(model).toMatchObject({ threads: 3, contextSize: 17, simd: "plain" });
    expect(Runtime.get("plain").threads.count).toBeGreaterThanOrEqual(3);
    expect(model.createSession().contextSize).toBe(17);
    await model.close();
  });

  it.each<[ModelOptions, string]>([
    [{ threads: 0 }, "threads 0: a whole number from 1 to 64 is expected"],
    [{ threads: 65 }, "threads 65"],
    [{ threads: 1.5 }, "threads 1.5"],
    [{ contextSize: 0 }, "contextSize 0: this model takes a whole number from 1 to 80"],
    [{ contextSize: 81 }, "contextSize 81"],
  ])("refuses %o", async (options, message) => {
    const { allocated } = Runtime.get("plain").memory;
    const error = await rejectionOf(load(options));
    expect(error.code).toBe("usage");
    expect(error.message).toContain(message);
    expect(Runtime.get("plain").memory.allocated).toBe(allocated);
  });

  it.skipIf(builds.includes("relaxed"))("refuses the relaxed build where this Node has none", async () => {
    const error = await rejectionOf(load({ simd: "relaxed" }));
    expect(error.code).toBe("usage");
    expect(error.message).toContain("use Node 22 or newer");
  });

  it("reports the stored bytes as they come in", async () => {
    const reports: [loaded: number, total: number][] = [];
    const model = await load({ onProgress: (loaded, total) => reports.push([loaded, total]) });
    await model.close();
    const loaded = reports.map(([bytes]) => bytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    const total = loaded.at(-1);
    expect(new Set(reports.map(([, bytes]) => bytes))).toEqual(new Set([total]));
    // Embeddings, positions and the two layers' matrices, in F32; biases and norms come to some thousands
    // more.
    const matrices = (131 + 80) * 60 + 2 * (60 * 180 + 60 * 60 + 2 * 60 * 150);
    expect(total).toBeGreaterThan(4 * matrices);
    expect(total).toBeLessThan(4 * (matrices + 3000));
  });

  it("gives its memory back where a signal stops it", async () => {
    await (await load()).close();
    const { memory } = Runtime.get("plain");
    const { allocated } = memory;
    await expect(load({ signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
    expect(memory.allocated).toBe(allocated);
  });
});

describe("a model with other threads", () => {
  it("has the same weights and gives the same logits, until the model is closed", async () => {
    const model = await load({ threads: 1, simd: "plain" });
    const logits = await model.createSession().append([1, 2, 3]);
    const { allocated } = Runtime.get("plain").memory;
    const other = model.withThreads(2);
    expect(other).toMatchObject({ threads: 2, contextSize: model.contextSize, weights: model.weights });
    expect(await other.createSession().append([1, 2, 3])).toEqual(logits);
    await other.close();
    expect(Runtime.get("plain").memory.allocated).toBe(allocated);
    expect(await model.createSession().append([1, 2, 3])).toEqual(logits);
    expect(() => model.withThreads(0)).toThrow("threads 0");
    await model.close();
  });
});

describe("a closed model", () => {
  it("has closed forks too, also one taken while it closes", async () => {
    const model = await load();
    const session = model.createSession();
    await session.append([1]);
    const before = session.fork();
    const closing = model.close();
    const during = session.fork();
    await closing;
    for (const fork of [before, during]) {
      expect((await rejectionOf(fork.append([1]))).message).toBe("the session is closed");
    }
  });

  it("has no sessions", async () => {
    const model = await load();
    const session = model.createSession();
    await model.close();
    expect((await rejectionOf(session.append([1]))).message).toBe("the session is closed");
    expect(() => model.createSession()).toThrow("the model is closed");
  });

  it("has ended when what ran has ended", async () => {
    const model = await load();
    const running = model.createSession().append([1, 2, 3]);
    await model.close();
    expect(await running).toHaveLength(gpt2.vocabSize);
  });
});
