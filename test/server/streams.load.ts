/**
 * Fifty clients stream for ten minutes (GPT_LOAD_MINUTES): no request is lost, each text is that of the same
 * request alone, memory stays flat, the tokens a second are three times those of one client, and SIGTERM under
 * load lets all of them end. `npm run test:load` on a quiet machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { root } from "../habits/sources.ts";
import { eventsOf } from "./running-server.ts";

const CLIENTS = 50;
/** Different requests: their texts are known before the load begins. */
const REQUESTS = 200;
const MINUTE_MS = 60_000;
const minutes = Number(process.env.GPT_LOAD_MINUTES ?? 10);
/** Until then caches and heaps fill: a fifth of the run, two minutes of ten. */
const WARM_MS = (minutes * MINUTE_MS) / 5;
/** Growth of the memory that is no leak: the garbage collector's choice of the moment. */
const FLAT = 1.1;

const words = ["Once", "The dog", "A small boat", "Mia and Tom", "In the garden", "It rained"];
const bodyOf = (request: number) => ({
  prompt: `${words[request % words.length]} ${request}`,
  ...{ max_tokens: 32 + (request % 5) * 16, seed: request, stream: true },
});

/** @throws Error for a reply that is cut off or has another status than 200 */
async function streamed(url: string, request: number): Promise<{ text: string; tokens: number }> {
  const response = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...bodyOf(request), stream_options: { include_usage: true } }),
  });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const events = await eventsOf(response);
  if (events.at(-1) !== "[DONE]") throw new Error("a stream was cut off");
  const chunks = events.slice(0, -1) as {
    choices: { text: string }[];
    usage?: { completion_tokens: number };
  }[];
  const text = chunks.map(({ choices }) => choices[0]?.text ?? "").join("");
  return { text, tokens: chunks.at(-1)?.usage?.completion_tokens ?? 0 };
}

async function residentBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^gpt_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

it(
  `${CLIENTS} clients stream for ${minutes} minutes`,
  async () => {
    const args = ["serve", "--port", "0", "--simd", "plain", "--grace", "60s", "--parallel", "32"];
    const server = spawn(process.execPath, [join(root, "bin/gpt.js"), ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exit = once(server, "exit");
    let said = "";
    server.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    while (!said.includes("listens at") && server.exitCode === null) await setTimeout(20);
    const [url = ""] = /http:\S+/.exec(said) ?? [];

    const alone: string[] = [];
    let tokens = 0;
    const began = performance.now();
    for (let request = 0; request < REQUESTS; request++) {
      const reply = await streamed(url, request);
      alone.push(reply.text);
      tokens += reply.tokens;
    }
    const rateOfOne = (1000 * tokens) / (performance.now() - began);

    const start = performance.now();
    const end = start + minutes * MINUTE_MS;
    const wrong: string[] = [];
    let [count, together, next] = [0, 0, 0];
    const client = async () => {
      while (performance.now() < end) {
        const request = next++ % REQUESTS;
        try {
          const reply = await streamed(url, request);
          if (reply.text !== alone[request]) wrong.push(`request ${request} has another text`);
          together += reply.tokens;
        } catch (error) {
          wrong.push(`request ${request}: ${error}`);
        }
        count++;
      }
    };
    const samples: { ms: number; bytes: number }[] = [];
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    while (performance.now() < end) {
      await setTimeout(Math.min(1000, (minutes * MINUTE_MS) / 100));
      samples.push({ ms: performance.now() - start, bytes: await residentBytes(url) });
    }
    await clients;
    const rate = (1000 * together) / (performance.now() - start);
    const warm = samples.filter(({ ms }) => ms >= WARM_MS && ms < 1.5 * WARM_MS).map(({ bytes }) => bytes);
    const last = samples.filter(({ ms }) => ms >= 4.5 * WARM_MS).map(({ bytes }) => bytes);
    const [before, after] = [median(warm), median(last)];
    process.stderr.write(
      `${count} requests, ${wrong.length} wrong; ${rate.toFixed(0)} tokens a second, one client ${rateOfOne.toFixed(0)}; ` +
        `memory ${(before / 2 ** 20).toFixed(0)} MB after warming up, ${(after / 2 ** 20).toFixed(0)} MB at the end\n`,
    );
    expect(wrong).toEqual([]);
    expect(after).toBeLessThan(FLAT * before);

    const late = Array.from({ length: CLIENTS }, (_, request) => streamed(url, request));
    await setTimeout(200);
    server.kill("SIGTERM");
    for (const [request, reply] of (await Promise.all(late)).entries())
      expect(reply.text).toBe(alone[request]);
    expect(await exit).toEqual([0, null]);
    expect(rate).toBeGreaterThan(3 * rateOfOne);
  },
  (minutes + 10) * MINUTE_MS,
);
