import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { type Running, serve } from "./running-server.ts";

let running: Running;
const faults: unknown[] = [];
beforeAll(async () => {
  const model = await loadModel(undefined, { threads: 2, simd: "plain" });
  running = await serve(model, { patienceMs: 400, onFault: (error) => faults.push(error) });
});
afterAll(async () => {
  await running.server.close(0);
  await running.model.close();
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(running.server.url).port), "127.0.0.1");
  socket.on("error", () => {}); // the server may end a connection at any time
  await once(socket, "connect");
  return socket;
}

/** All that comes until the server ends the connection. */
async function replyOf(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (data) => {
    text += data;
  });
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

const BODY = JSON.stringify({ prompt: "Once upon a", max_tokens: 4, seed: 1 });
const headersOf = (length: number, more = "") =>
  `POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`;

/** Until a connection takes more, or has ended. */
const ready = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ["drain", "close", "error"]) socket.once(event, () => resolve());
  });

/** The server answers as it always does. */
async function isWell(): Promise<void> {
  const response = await running.post("/v1/completions", BODY);
  expect(response.status).toBe(200);
  expect(faults).toEqual([]);
}

const isIdle = async (): Promise<boolean> =>
  (await (await running.get("/metrics")).text()).includes("llamacpp:requests_processing 0");

async function within(ms: number, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`not within ${ms} ms: ${await (await running.get("/metrics")).text()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("a thousand wrong requests", () => {
  const FIELDS = [
    "prompt",
    "messages",
    "n",
    "max_tokens",
    "stop",
    "logprobs",
    "logit_bias",
    "stream",
    "tools",
    "seed",
  ];
  const PATHS = [
    "/v1/completions",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/score",
    "/v1/messages",
    "/v1/responses",
    "/api/chat",
    "/api/generate",
    "/completion",
    "/tokenize",
    "/detokenize",
    "/apply-template",
    "/%zz",
    "//",
    "/v1/models/%ff",
  ];

  it("get a status below 500 and JSON", async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(-1, 1e9, "", [], {}, [[]], "\ud800", null),
    );
    const bodies = fc.oneof(
      fc
        .dictionary(fc.constantFrom(...FIELDS), value)
        .map((body) => JSON.stringify({ ...body, max_tokens: 1 })),
      fc.string(),
    );
    const wrong = fc.asyncProperty(fc.constantFrom(...PATHS), bodies, async (path, body) => {
      const response = await running.post(path, body);
      const text = await response.text();
      expect([path, body, response.status < 500]).toEqual([path, body, true]);
      if (response.status !== 200) expect(() => JSON.parse(text)).not.toThrow();
    });
    await fc.assert(wrong, { numRuns: 700 });
    await isWell();
  }, 120_000);

  it("are refused where they are no HTTP", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat(headersOf(4).length), fc.uint8Array({ minLength: 1, maxLength: 4 }))
        .map(([at, noise]) => {
          const bytes = Buffer.from(`${headersOf(4)}null`);
          bytes.set(noise.slice(0, bytes.length - at), at);
          return bytes;
        }),
    );
    const wrong = fc.asyncProperty(bytes, async (noise) => {
      const socket = await open();
      socket.end(noise);
      const reply = await replyOf(socket);
      expect(reply === "" || /^HTTP\/1\.1 [234]/.test(reply)).toBe(true);
    });
    await fc.assert(wrong, { numRuns: 300 });
    const socket = await open();
    socket.write("NONSENSE\r\n\r\n");
    expect(await replyOf(socket)).toContain('{"error":{"message":"this is no HTTP request"');
    const large = await open();
    large.write(`GET / HTTP/1.1\r\nx: ${"a".repeat(40_000)}\r\n\r\n`);
    expect(await replyOf(large)).toContain("431 Request Header Fields Too Large");
    await isWell();
  }, 120_000);
});

describe("clients that take their time", () => {
  it("are cut off while they send, and delay no other", async () => {
    const sockets = await Promise.all(Array.from({ length: 50 }, open));
    const slow = sockets.map((socket) => {
      const timer = setInterval(() => socket.write("x"), 50);
      socket.write("GET / HTTP/1.1\r\nx-slow: ");
      return replyOf(socket).finally(() => clearInterval(timer));
    });
    await isWell();
    expect((await Promise.all(slow)).every((reply) => /408|^$/.test(reply))).toBe(true);
  });

  it("have left if they close their half: a client that has gone looks the same", async () => {
    const socket = await open();
    socket.end(headersOf(Buffer.byteLength(BODY), "connection: close\r\n") + BODY);
    expect(await replyOf(socket)).toBe("");
    const cut = await open();
    cut.end(headersOf(1000) + BODY);
    await replyOf(cut);
    await within(5000, isIdle);
    await isWell();
  });

  it("leave nothing running if they go while their prompt is read, or while an answer comes", async () => {
    const prompt = Array.from({ length: 240 }, (_, i) => i + 100);
    for (const [ms, stream] of [
      [2, false],
      [5, true],
      [60, true],
    ] as const) {
      const gone = Array.from({ length: 4 }, async (_, i) => {
        const abort = new AbortController();
        const asked = running.post(
          "/v1/completions",
          { prompt: [i, ...prompt], max_tokens: 200, stream, ignore_eos: true },
          { signal: abort.signal },
        );
        setTimeout(() => abort.abort(), ms);
        await asked.then((response) => response.text()).catch(() => {});
      });
      await Promise.all(gone);
      await within(5000, isIdle);
    }
    await isWell();
  });
});

describe("bodies of 100 MB", () => {
  it("are refused before they are read", async () => {
    const before = process.memoryUsage().rss;
    const socket = await open();
    socket.write(headersOf(100 << 20));
    const reply = replyOf(socket);
    const part = Buffer.alloc(1 << 20, "a");
    for (let i = 0; i < 100 && !socket.destroyed; i++) {
      if (!socket.write(part)) await ready(socket);
    }
    socket.destroy();
    expect(await reply).toMatch(/^HTTP\/1\.1 413|^$/);
    const chunked = await open();
    chunked.write(headersOf(0).replace("content-length: 0", "transfer-encoding: chunked"));
    const second = replyOf(chunked);
    for (let i = 0; i < 100 && !chunked.destroyed; i++) {
      chunked.write(`${part.length.toString(16)}\r\n`);
      if (!chunked.write(Buffer.concat([part, Buffer.from("\r\n")]))) {
        await ready(chunked);
      }
    }
    chunked.destroy();
    expect(await second).toMatch(/^HTTP\/1\.1 413|^$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
    await isWell();
  }, 60_000);
});
