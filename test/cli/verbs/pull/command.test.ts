import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { writeZeroGpt2 } from "../../../fixtures/zero-gpt2.ts";
import { COMMIT, HubServer, refuse } from "../../../hub/hub-server.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();

async function start(): Promise<HubServer> {
  const folder = file("source");
  writeZeroGpt2(folder, { n_layer: 1, n_head: 2, n_embd: 8, n_positions: 16, vocab_size: 5 });
  const names = ["config.json", "model.safetensors"];
  const server = await HubServer.start(
    Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])),
  );
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  vi.stubEnv("HF_HOME", file("home"));
  vi.stubEnv("HF_HUB_CACHE", file("cache"));
  return server;
}

it("gpt pull, gpt models, gpt inspect and gpt rm: a model from the hub and back", async () => {
  const server = await start();
  const missing = await inProcess("inspect", "-m", "o/tiny");
  expect([missing.status, missing.stderr]).toEqual([3, expect.stringContaining("gpt pull o/tiny")]);

  const pulled = await inProcess("pull", "o/tiny");
  const snapshot = join(file("cache"), "models--o--tiny", "snapshots", COMMIT);
  expect(pulled).toMatchObject({ status: 0, stdout: `${snapshot}\n` });
  expect(pulled.stderr).toMatch(/^o\/tiny: 2 files, [\d.]+ kB, [\d.]+ kB fetched in [\d.]+ s\n$/);

  const again = await inProcess("pull", "o/tiny", "--json", "-q");
  expect(again.stderr).toBe("");
  expect(JSON.parse(again.stdout)).toMatchObject({
    repository: "o/tiny",
    commit: COMMIT,
    path: snapshot,
    files: [{ path: "config.json", was_there: true }, { path: "model.safetensors" }],
  });

  server.asked.length = 0;
  expect((await inProcess("models")).stdout).toMatch(/^o\/tiny +gpt2 /m);
  expect((await inProcess("inspect", "-m", "o/tiny")).stdout).toContain("gpt2");
  expect(server.asked).toEqual([]);

  expect((await inProcess("rm", "o/tiny", "--dry-run")).stdout).toMatch(/^would remove o\/tiny: 2 files, /);
  const removed = await inProcess("rm", "o/tiny", "--json");
  expect(JSON.parse(removed.stdout)).toMatchObject({ name: "o/tiny", dry_run: false });
  expect((await inProcess("rm", "o/tiny")).status).toBe(3);
  expect((await inProcess("models", "--names")).stdout).toBe("stories\n");
});

it("--pull fetches a model that is not there, and asks for nothing where it is", async () => {
  const server = await start();
  const prompt = ["generate", "-m", "o/tiny", "--ids", "1,2", "-n", "1", "-q"];
  const missing = await inProcess(...prompt);
  expect([missing.status, server.asked]).toEqual([3, []]);
  await inProcess(...prompt, "--pull");
  expect(server.asked.length).toBeGreaterThan(0);
  expect((await inProcess("models", "--names")).stdout).toContain("o/tiny\n");
  server.asked.length = 0;
  expect((await inProcess(...prompt, "--pull")).status).not.toBe(3);
  const other = await inProcess("chat", "-m", "nowhere", "--pull");
  expect(other.stderr).toContain('no model "nowhere"');
  expect(server.asked).toEqual([]);
  await inProcess("rm", "o/tiny");
});

it("tells of a server that is busy, and of names that are none", async () => {
  const server = await start();
  let count = 0;
  server.fault = ({ path }, response) => {
    if (!path.includes("/revision/") || count++ > 0) return false;
    response.setHeader("retry-after", "0");
    refuse(response, 503);
    return true;
  };
  const { status, stderr } = await inProcess("pull", "o/tiny@v1");
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(/^gpt: 127\.0\.0\.1:\d+ answers 503: again in /),
  ]);
  for (const verb of ["pull", "rm"]) {
    expect(await inProcess(verb)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("which model?"),
    });
    expect((await inProcess(verb, "gpt2")).status).toBe(2);
  }
});
