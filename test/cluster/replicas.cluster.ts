/** Three replicas behind nginx under load: one is killed, one is told to end, and the answers are those of one. */
import { mkdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { serve } from "../server/running-server.ts";
import { Replicas } from "./nginx.ts";

const file = temporaryFolder();
const CLIENTS = 24;
const ROUNDS = 8;

const missing = Replicas.missing();
if (missing !== undefined) process.stderr.write(`test/cluster: replicas are skipped: ${missing}\n`);

const words = ["Once", "The dog", "A small boat", "Mia and Tom", "In the garden", "It rained"];
const bodyOf = (client: number, round: number) => ({
  prompt: `${words[client % words.length]} ${client}`,
  ...{ max_tokens: 20 + 4 * (round % 3), seed: 100 * round + client },
});

interface Reply {
  readonly text: string;
  readonly prefix: string | null;
}

/** @throws Error for a reply that is cut off or has another status than 200 */
async function ask(url: string, body: object, stream: boolean, prefix: string | null): Promise<Reply> {
  const headers = { "content-type": "application/json", ...(prefix !== null && { "x-prefix": prefix }) };
  const init = { method: "POST", headers, body: JSON.stringify({ ...body, stream }) };
  const response = await fetch(`${url}/v1/completions`, init);
  const content = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${content}`);
  if (stream && !content.endsWith("data: [DONE]\n\n")) throw new Error(`cut off: ${content.slice(-200)}`);
  const data = stream
    ? content.split("\n\n").flatMap((frame) => (frame.startsWith("data: {") ? [frame.slice(6)] : []))
    : [content];
  const texts = data.map((text) => (JSON.parse(text) as { choices: { text: string }[] }).choices[0]?.text);
  return { text: texts.join(""), prefix: response.headers.get("x-prefix") };
}

describe.skipIf(missing !== undefined)("replicas behind nginx", () => {
  it("lose no request but those of a killed one, and answer as one server does", async () => {
    mkdirSync(file("nginx"));
    await using replicas = new Replicas(file("nginx"), "--threads", "1", "--grace", "60s");
    await replicas.ready();
    const [killed, ended] = replicas.processes;
    let done = 0;
    let atKill = 0;
    /** Requests that had begun when the replica was killed, and failed. */
    const lost: string[] = [];
    const answers = new Map<string, string>();
    const client = async (number: number) => {
      let prefix: string | null = null;
      for (let round = 0; round < ROUNDS; round++) {
        const began = done;
        const stream = (number + round) % 2 === 0;
        try {
          const reply: Reply = await ask(replicas.url, bodyOf(number, round), stream, prefix);
          prefix = reply.prefix;
          answers.set(`${number} ${round}`, reply.text);
        } catch (error) {
          const wasInFlight = atKill > 0 && began <= atKill;
          lost.push(`${wasInFlight ? "in flight" : "NOT in flight"}: ${(error as Error).message}`);
        }
        done++;
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
    const all = CLIENTS * ROUNDS;
    while (done < all / 4) await setTimeout(5);
    killed?.kill("SIGKILL");
    atKill = done;
    while (done < all / 2) await setTimeout(5);
    ended?.kill("SIGTERM");
    await clients;
    expect(lost.filter((reason) => reason.startsWith("NOT"))).toEqual([]);
    expect(lost.length).toBeLessThanOrEqual(CLIENTS);
    expect(answers.size).toBe(all - lost.length);
    expect(ended?.exitCode).toBe(0);

    const model = await loadModel(undefined, { threads: 1, simd: "plain" });
    const alone = await serve(model);
    for (const [key, text] of answers) {
      const [number = 0, round = 0] = key.split(" ").map(Number);
      const reply = await ask(alone.server.url, bodyOf(number, round), false, null);
      expect([key, text]).toEqual([key, reply.text]);
    }
    await alone.server.close(0);
    await model.close();

    // A request that a replica did not answer went on to another one.
    const log = readFileSync(file("nginx/access.log"), "utf8").trim().split("\n");
    expect(log.filter((line) => line.startsWith("200") && line.includes(", ")).length).toBeGreaterThan(0);
    const served = new Set(log.join().match(/127\.0\.0\.1:\d+/g));
    expect(served.size).toBe(3);
    process.stderr.write(
      `test/cluster: ${all} requests, ${lost.length} were in flight at the killed replica\n`,
    );
  }, 600_000);
});
