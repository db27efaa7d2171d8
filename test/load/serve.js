/**
 * `gpt serve` under load: many clients stream for some time, and each text must be that of the same request alone.
 * Then the server gets SIGTERM while they go on.
 *
 *     node test/load/serve.js [--seconds 600] [--clients 50]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "600" }, clients: { type: "string", default: "50" } },
});
const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
const gpt = fileURLToPath(new URL("../../bin/gpt.js", import.meta.url));
const PROMPTS = [
  "Once upon a time",
  "The little fox",
  "One day, a girl",
  "There was a big tree",
  "Tom and his dog",
];
const SEEDS = 4;
const TOKENS = 48;
/** All requests of the clients. */
const requests = PROMPTS.flatMap((prompt) => Array.from({ length: SEEDS }, (_, seed) => ({ prompt, seed })));

const server = spawn(process.execPath, [gpt, "serve", "--port", "0", "--queue", String(clients)], {
  stdio: ["ignore", "ignore", "pipe"],
});
const url = await address();
let isEnding = false;
const tally = { done: 0, tokens: 0, different: 0, lost: 0, refused: 0, ended: 0 };

const alone = new Map();
const begin = performance.now();
let aloneTokens = 0;
for (const request of requests) {
  const { text, tokens } = await ask(request);
  alone.set(request, text);
  aloneTokens += tokens;
}
const aloneRate = (1000 * aloneTokens) / (performance.now() - begin);

const start = performance.now();
const memory = [];
const watch = setInterval(async () => memory.push(await resident()), 5000);
const work = Promise.all(Array.from({ length: clients }, (_, client) => clientLoop(client)));
await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
const rate = (1000 * tally.tokens) / (performance.now() - start);
clearInterval(watch);

isEnding = true;
server.kill("SIGTERM");
const [status] = await once(server, "exit");
await work;

const [early, late] = [memory.slice(0, memory.length / 2), memory.slice(memory.length / 2)].map((half) =>
  Math.max(...half),
);
const facts = {
  ...tally,
  tokensPerSecond: Math.round(rate),
  tokensPerSecondAlone: Math.round(aloneRate),
  times: Number((rate / aloneRate).toFixed(2)),
  megabytes: memory.map((bytes) => Math.round(bytes / 1e6)),
  status,
};
process.stdout.write(`${JSON.stringify(facts)}\n`);
const problems = [
  tally.different > 0 && "texts differ from those of the same requests alone",
  tally.lost > 0 && "requests were lost",
  late > 1.2 * early && "memory grows",
  rate < 3 * aloneRate && "the clients together are not three times as fast as one",
  status !== 0 && "the server did not end as it should",
].filter(Boolean);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

async function clientLoop(client) {
  for (let turn = client; !isEnding; turn++) {
    const request = requests[(turn * 7 + client) % requests.length];
    try {
      const { text, tokens } = await ask(request);
      tally.done++;
      tally.tokens += tokens;
      if (text !== alone.get(request)) tally.different++;
    } catch (error) {
      if (error.message === "429") tally.refused++;
      else if (isEnding) tally.ended++;
      else tally.lost++;
    }
  }
}

/** One request, as a stream. @throws for a stream that does not come to its end */
async function ask({ prompt, seed }) {
  const response = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt, seed, max_tokens: TOKENS, ignore_eos: true, stream: true }),
  });
  if (response.status !== 200) throw new Error(String(response.status));
  const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: "));
  if (frames.at(-1) !== "data: [DONE]") throw new Error("the stream was cut off");
  const chunks = frames.slice(0, -1).map((frame) => JSON.parse(frame.slice(6)));
  return { text: chunks.map(({ choices: [choice] }) => choice.text).join(""), tokens: TOKENS };
}

async function resident() {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^gpt_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

/** The server goes on writing there, so the stream stays open. */
function address() {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const [found] = /http:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    server.once("exit", () => reject(new Error(`gpt serve did not start: ${said}`)));
  });
}
