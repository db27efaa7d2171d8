import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ModelServer } from "../../src/server/server.ts";
import { serve, sharedServer } from "./running-server.ts";

const running = sharedServer();
const LONG = { prompt: "Once", max_tokens: 200, ignore_eos: true };

const errorOf = async (response: Response) =>
  ((await response.json()) as { error: Record<string, unknown> }).error;

/** The first line of the reply to bytes. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(running().server.url);
    let reply = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.end(text));
    socket.on("data", (data) => (reply += data)).on("error", reject);
    socket.on("close", () => resolve(reply.split("\r\n")[0] ?? ""));
  });

describe("the server", () => {
  it("tells its health, its model and its figures", async () => {
    expect(await (await running().get("/health")).json()).toEqual({ status: "ok" });
    const list = (await (await running().get("/v1/models")).json()) as { data: object[] };
    expect(list.data).toMatchObject([{ id: "stories", context_length: 256, meta: { n_vocab: 4096 } }]);
    expect(await (await running().get("/v1/models/stories")).json()).toEqual(list.data[0]);
    expect((await running().get("/v1/models/org%2Fother")).status).toBe(404);
    await running().post("/v1/completions", { prompt: "Once", max_tokens: 2 });
    const metrics = await (await running().get("/metrics")).text();
    expect(metrics).toMatch(/^llamacpp:tokens_predicted_total \d+$/m);
    expect(metrics).toContain('gpt_requests_total{route="/v1/models",status="200"}');
  });

  it("turns texts into tokens and back", async () => {
    const text = "Hello <|endoftext|>";
    const { tokens } = (await (await running().post("/tokenize", { content: text })).json()) as {
      tokens: number[];
    };
    expect(tokens).toEqual(running().model.tokenizer.encode(text, { parseSpecial: true }));
    expect(await (await running().post("/detokenize", { tokens })).json()).toEqual({ content: text });
    expect((await running().post("/detokenize", { tokens: [99_999] })).status).toBe(400);
  });

  it.each([
    ["/nothing", "GET", 404],
    ["/v1/completions", "GET", 405],
    ["/v1/models/%E0%A4%A", "GET", 400],
  ])("%s by %s is %d", async (path, method, status) => {
    const response = await fetch(running().server.url + path, { method });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toHaveProperty("message");
  });

  it.each([
    ["/api/nothing", "GET", 404, { error: "there is nothing at /api/nothing" }],
    ["/api/chat", "GET", 405, { error: "/api/chat takes POST" }],
    ["/v1/messages", "GET", 405, { type: "error", error: { type: "invalid_request_error" } }],
    ["/v1/messages/batches", "POST", 404, { type: "error", error: { type: "not_found_error" } }],
  ])("%s by %s is %d in the words of its API", async (path, method, status, body) => {
    const response = await fetch(running().server.url + path, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  it.each([
    ["that is cut off", "{", 400],
    ["that is a list", "[]", 400],
    ["that is empty", "", 400],
    ["that is deep", `{"a":${"[".repeat(100)}${"]".repeat(100)}}`, 400],
    ["that is large", JSON.stringify({ prompt: "x".repeat(9 << 20) }), 413],
  ])("refuses a body %s", async (_, body, status) => {
    const response = await running().post("/v1/completions", body);
    expect(response.status).toBe(status);
    await response.text();
  });

  it("wants JSON, from this machine, and no page that it does not know", async () => {
    const { url } = running().server;
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/v1/completions`, { method: "POST", headers, body: '{"prompt":"a","max_tokens":1}' });
    expect((await post({ "content-type": "text/plain" })).status).toBe(415);
    const json = { "content-type": "application/json" };
    const foreign = await post({ ...json, origin: "http://evil.example" });
    expect(foreign.status).toBe(403);
    // Extensions and pages of others fail here: the reply says what to do.
    expect(await errorOf(foreign)).toMatchObject({
      message: 'the origin "http://evil.example" may not ask: --cors-origin names those that may',
    });
    expect((await post({ ...json, origin: url })).status).toBe(200);
    expect(await raw("GET /v1/models HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")).toBe(
      "HTTP/1.1 403 Forbidden",
    );
    expect(await raw("GARBAGE\r\n\r\n")).toBe("HTTP/1.1 400 Bad Request");
  });

  it("wants a key if it has one, and lets listed pages ask", async () => {
    const { model } = running();
    const own = await serve(model, { keys: ["secret"], origins: ["http://page.example"] });
    try {
      expect((await own.get("/health")).status).toBe(200);
      const refused = await own.get("/v1/models");
      expect(refused.status).toBe(401);
      expect(await errorOf(refused)).toMatchObject({ code: "invalid_api_key" });
      expect((await own.get("/v1/models", { authorization: "Bearer wrong" })).status).toBe(401);
      expect((await own.get("/v1/models", { authorization: "Bearer secret" })).status).toBe(200);
      expect((await own.get("/v1/models", { "x-api-key": "secret" })).status).toBe(200);
      const options = await fetch(`${own.server.url}/v1/completions`, {
        method: "OPTIONS",
        headers: { origin: "http://page.example", "access-control-request-method": "POST" },
      });
      expect(options.status).toBe(204);
      expect(options.headers.get("access-control-allow-origin")).toBe("http://page.example");
    } finally {
      await own.server.close(0);
    }
  });

  it("stops the work of a client that leaves, running or waiting", async () => {
    const own = await serve(running().model, {}, { parallel: 1 });
    try {
      const leaving = new AbortController();
      const requests = [1, 2, 3].map(() => own.post("/v1/completions", LONG, { signal: leaving.signal }));
      const left = Promise.allSettled(requests);
      while (own.service.admission.waiting < 2) await setTimeout(5);
      leaving.abort();
      await left;
      while (own.service.admission.waiting > 0) await setTimeout(5);
      const next = await own.post("/v1/completions", { prompt: "Once", max_tokens: 1 });
      expect(next.status).toBe(200);
    } finally {
      await own.server.close(0);
    }
  });

  it("tells clients to come again when too many wait", async () => {
    const own = await serve(running().model, {}, { parallel: 1, queue: 1 });
    try {
      const busy = [own.post("/v1/completions", LONG), own.post("/v1/completions", LONG)];
      while (own.service.admission.waiting < 1) await setTimeout(5);
      const refused = await own.post("/v1/completions", LONG);
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("2");
      for (const response of await Promise.all(busy)) expect(response.status).toBe(200);
    } finally {
      await own.server.close(0);
    }
  });

  it("says that it loads, and lives, until it has a model", async () => {
    const { service } = running();
    const address = { host: "127.0.0.1", port: 0 };
    await using loading = await ModelServer.listen({ address, keys: [], hosts: [], origins: [] });
    const get = async (path: string) => {
      const response = await fetch(loading.url + path);
      return [response.status, await response.json()];
    };
    expect(await get("/livez")).toEqual([200, { status: "ok" }]);
    for (const path of ["/health", "/readyz"]) expect(await get(path)).toEqual([503, { status: "loading" }]);
    const early = await fetch(`${loading.url}/v1/models`);
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await errorOf(early)).toMatchObject({
      type: "unavailable_error",
      message: "the model is loading",
    });
    loading.open(service);
    for (const path of ["/health", "/readyz"]) expect(await get(path)).toEqual([200, { status: "ok" }]);
  });

  it("refuses new requests and is not ready while it ends, and lets those that run end", async () => {
    const own = await serve(running().model);
    const long = own.post("/v1/completions", { ...LONG, seed: 1 });
    while (!(await (await own.get("/metrics")).text()).includes("llamacpp:requests_processing 1")) {
      await setTimeout(2);
    }
    const closed = own.server.close(60_000);
    const refused = await own.post("/v1/completions", LONG);
    expect([refused.status, refused.headers.get("connection")]).toEqual([503, "close"]);
    expect(await errorOf(refused)).toMatchObject({ type: "unavailable_error", message: "the server ends" });
    expect((await own.get("/livez")).status).toBe(200);
    const ready = await own.get("/readyz");
    expect([ready.status, await ready.json()]).toEqual([503, { status: "ending" }]);
    expect((await long).status).toBe(200);
    await closed;
    await expect(own.get("/livez")).rejects.toThrow("fetch failed");
  });

  it("ends what runs before it closes, or tells its clients that it could not", async () => {
    const patient = await serve(running().model);
    const running1 = patient.post("/v1/completions", { prompt: "Once", max_tokens: 5, seed: 1 });
    await setTimeout(20);
    await patient.server.close(60_000);
    expect((await running1).status).toBe(200);
    const hasty = await serve(running().model);
    const cut = hasty.post("/v1/completions", { ...LONG, n: 8 });
    await setTimeout(100);
    await hasty.server.close(0);
    expect((await cut).status).toBe(503);
  });
});
