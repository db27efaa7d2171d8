import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, it, vi } from "vitest";
import { cachedModel } from "../../src/hub/cached-models.ts";
import { expectRefusal } from "../tokenizer/fixtures.ts";
import { COMMIT, type HubServer, refuse } from "./hub-server.ts";
import { MODEL, pull, start, useCache, WEIGHTS } from "./pulling.ts";

const GGUF = {
  "m-Q4_K_M.gguf": Buffer.alloc(1500, 3),
  "m-Q8_0-00001-of-00002.gguf": Buffer.alloc(1500, 4),
  "m-Q8_0-00002-of-00002.gguf": Buffer.alloc(1500, 5),
  "mmproj-Q8_0.gguf": Buffer.alloc(1500, 6),
};

const { renew, inModel } = useCache();
const blob = (server: HubServer, path: string) => inModel("blobs", server.hashOf(path));

describe("pullModel", () => {
  it("leaves the files as huggingface_hub does, without those that are not read", async () => {
    const server = await start();
    const steps: [number, number][] = [];
    const pulled = await pull("o/m", { onProgress: (...step) => steps.push(step) });
    const snapshot = inModel("snapshots", COMMIT);
    expect(pulled).toMatchObject({ repository: "o/m", revision: "main", commit: COMMIT, path: snapshot });
    const paths = ["1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json"];
    expect(pulled.files.map(({ path }) => path).sort()).toEqual(paths);
    expect(readFileSync(inModel("refs", "main"), "utf8")).toBe(COMMIT);
    expect(readFileSync(join(snapshot, "model.safetensors"))).toEqual(WEIGHTS);
    expect(readlinkSync(join(snapshot, "config.json"))).toBe(`../../blobs/${server.hashOf("config.json")}`);
    expect(readlinkSync(join(snapshot, "1_Pooling", "config.json"))).toBe(
      `../../../blobs/${server.hashOf("1_Pooling/config.json")}`,
    );
    // Two files with the same content are one blob.
    expect(readdirSync(inModel("blobs"))).toHaveLength(3);
    expect(existsSync(inModel(".gpt.lock"))).toBe(false);
    expect(steps.at(-1)?.[0]).toBe(steps.at(-1)?.[1]);
    expect(cachedModel("o/m")).toBe(snapshot);
  });

  it("gives the token to the hub's host alone, and fetches nothing twice", async () => {
    const server = await start();
    await pull("o/m");
    expect(
      new Set(server.asked.filter(({ host }) => host === "hub").map((asked) => asked.authorization)),
    ).toEqual(new Set(["Bearer secret"]));
    const [stored] = server.asked.filter(({ host }) => host === "store");
    expect(stored).toMatchObject({ authorization: undefined, path: expect.stringContaining("signed=1") });
    server.asked.length = 0;
    const again = await pull("o/m");
    expect(again.files.every(({ wasThere }) => wasThere)).toBe(true);
    expect(server.asked.filter(({ path }) => !path.startsWith("/api/"))).toEqual([]);
  });

  it("goes on where it stopped, on both hosts", async () => {
    const server = await start({ ...MODEL, "vocab.txt": "x".repeat(900) });
    mkdirSync(inModel("blobs"), { recursive: true });
    writeFileSync(`${blob(server, "model.safetensors")}.incomplete`, WEIGHTS.subarray(0, 20_000));
    writeFileSync(`${blob(server, "vocab.txt")}.incomplete`, "x".repeat(100));
    await pull("o/m");
    expect(server.downloads("vocab.txt")).toMatchObject([
      { range: "bytes=100-", ifRange: `"${server.hashOf("vocab.txt")}"` },
    ]);
    const stored = server.asked.find(({ host }) => host === "store");
    expect(stored).toMatchObject({ range: "bytes=20000-", ifRange: undefined });
    expect(readFileSync(blob(server, "model.safetensors"))).toEqual(WEIGHTS);
  });

  it("goes on after connections that are cut in the middle, 503 and 429 with its Retry-After", async () => {
    const server = await start();
    const said: [string, number][] = [];
    const times = { asked: 0, stored: 0 };
    server.fault = ({ host, path }, response, content) => {
      if (path.includes("/revision/")) {
        if (times.asked++ > 0) return false;
        response.writeHead(429, { "retry-after": "0" }).end();
        return true;
      }
      if (host !== "store") return false;
      switch (times.stored++) {
        case 0:
          response.writeHead(200, { "content-length": WEIGHTS.length });
          response.write(content?.subarray(0, 30_000), () => response.destroy());
          return true;
        case 1:
          refuse(response, 503);
          return true;
        default:
          return false;
      }
    };
    await pull("o/m", { onRetry: (reason, milliseconds) => said.push([reason, milliseconds]) });
    expect(readFileSync(blob(server, "model.safetensors"))).toEqual(WEIGHTS);
    expect(said[0]).toEqual([expect.stringContaining("answers 429"), 0]);
    expect(said.map(([reason]) => reason)).toContainEqual(expect.stringContaining("answers 503"));
    const ranges = server.asked.filter(({ host }) => host === "store").map(({ range }) => range);
    expect(ranges.length).toBe(3);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[2]).toMatch(/^bytes=\d+-$/);
  });

  it("begins anew where the server ignores ranges, sends another part, or a part was damaged", async () => {
    for (const fault of ["ignores", "other part", "damaged"]) {
      renew();
      const server = await start();
      const damaged = Buffer.from(WEIGHTS.subarray(0, 20_000)).fill(0, 10, 20);
      mkdirSync(inModel("blobs"), { recursive: true });
      const part = fault === "damaged" ? damaged : WEIGHTS.subarray(0, 20_000);
      writeFileSync(`${blob(server, "model.safetensors")}.incomplete`, part);
      server.fault = ({ host, range }, response, content) => {
        if (host !== "store" || range === undefined || fault === "damaged") return false;
        if (fault === "ignores") response.end(content);
        else response.writeHead(206, { "content-range": "bytes 5-9/50000" }).end("12345");
        return true;
      };
      await pull("o/m");
      expect(readFileSync(blob(server, "model.safetensors"))).toEqual(WEIGHTS);
    }
  });

  it("refuses content with another hash, and keeps nothing of it", async () => {
    const server = await start();
    server.fault = ({ host }, response) => {
      if (host === "store") response.end(Buffer.alloc(WEIGHTS.length, 9));
      return host === "store";
    };
    await expectRefusal(
      () => pull("o/m"),
      "model.safetensors: arrived with another sha256 than the hub names",
    );
    expect(existsSync(`${blob(server, "model.safetensors")}.incomplete`)).toBe(false);
    expect(existsSync(inModel("snapshots"))).toBe(false);
    expect(existsSync(inModel("refs"))).toBe(false);
  });

  it("gives up after some attempts, and keeps what came", async () => {
    const server = await start();
    server.fault = ({ host, range }, response, content) => {
      if (host !== "store") return false;
      if (range === undefined) {
        response.writeHead(200, { "content-length": WEIGHTS.length });
        response.write(content?.subarray(0, 25_000), () => response.destroy());
      } else refuse(response, 500);
      return true;
    };
    await expectRefusal(() => pull("o/m"), "answers 500, after 6 attempts: try again later");
    expect(lstatSync(`${blob(server, "model.safetensors")}.incomplete`).size).toBeGreaterThan(0);
  });

  it("ends by its signal, and the next pull goes on", async () => {
    const server = await start();
    const controller = new AbortController();
    server.fault = ({ host }, response, content) => {
      if (host !== "store") return false;
      response.writeHead(200, { "content-length": WEIGHTS.length });
      response.write(content?.subarray(0, 25_000));
      return true;
    };
    const onProgress = (done: number) => {
      if (done >= 25_000) controller.abort(new Error("stopped"));
    };
    await expect(pull("o/m", { signal: controller.signal, onProgress })).rejects.toThrow("stopped");
    server.fault = () => false;
    await pull("o/m");
    expect(server.asked.at(-1)?.range ?? server.asked.find(({ range }) => range)?.range).toMatch(
      /^bytes=\d+-$/,
    );
  });

  it("ends a connection on which nothing comes", async () => {
    const server = await start();
    let stalled = 0;
    server.fault = ({ path }) => path.includes("/revision/") && stalled++ === 0;
    await pull("o/m", { stallMs: 200 });
    expect(stalled).toBe(2);
  });

  it("fetches the GGUF file of a quantization, in all its parts, and of a revision", async () => {
    const server = await start(GGUF);
    const usual = await pull("o/m@v1");
    expect(usual.files.map(({ path }) => path)).toEqual(["m-Q4_K_M.gguf"]);
    expect(readFileSync(inModel("refs", "v1"), "utf8")).toBe(COMMIT);
    const eight = await pull("o/m:q8_0");
    expect(eight.path).toBe(inModel("snapshots", COMMIT, "m-Q8_0-00001-of-00002.gguf"));
    expect(eight.files).toHaveLength(2);
    expect(cachedModel("o/m:Q8_0")).toBe(eight.path);
    expect(cachedModel("o/m@v1")).toBe(usual.path);
    expect(cachedModel("o/m:Q2_K")).toBeUndefined();
    await expectRefusal(() => pull("o/m:Q2_K"), "o/m has no GGUF file of Q2_K: it has Q4_K_M, Q8_0");
    await expectRefusal(() => pull("o/m@other"), 'o/m: has no revision "other"');
    expect(server.asked.length).toBeGreaterThan(0);
  });

  it("lets one pull at a time fetch a repository", async () => {
    const server = await start();
    server.fault = ({ host }) => host === "store"; // it never answers
    const controller = new AbortController();
    const first = pull("o/m", { signal: controller.signal, stallMs: 60_000 });
    await vi.waitFor(() => expect(server.asked.some(({ host }) => host === "store")).toBe(true));
    await expectRefusal(() => pull("o/m"), "models--o--m");
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
  });
});
