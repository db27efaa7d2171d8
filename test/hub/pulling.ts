/** A hub of the test's own with a model, and an empty cache for each test. */
import { join } from "node:path";
import { beforeEach, vi } from "vitest";
import { type PullOptions, pullModel } from "../../src/hub/pull.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { HubServer } from "./hub-server.ts";

export const WEIGHTS = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251));
export const MODEL = {
  "config.json": '{"model_type": "gpt2"}',
  "tokenizer.json": "{}",
  "model.safetensors": WEIGHTS,
  "1_Pooling/config.json": "{}",
  "pytorch_model.bin": Buffer.alloc(3000, 1),
  "README.md": "# A model",
  "onnx/model.onnx": Buffer.alloc(2000, 2),
};

/** Waits no longer than it must between two attempts. */
export const pull = (name: string, options: PullOptions = {}) => pullModel(name, { retryMs: 1, ...options });

/** The folder of o/m in the cache, which is empty before each test and after `renew`. */
export function useCache() {
  const file = temporaryFolder();
  let runs = 0;
  const renew = () => vi.stubEnv("HF_HUB_CACHE", file(`cache${runs++}`));
  beforeEach(() => {
    vi.unstubAllEnvs();
    renew();
    vi.stubEnv("HF_HOME", file("home"));
    vi.stubEnv("HF_TOKEN", "secret");
    vi.stubEnv("HF_HUB_OFFLINE", "");
  });
  const inModel = (...names: string[]) => join(process.env.HF_HUB_CACHE ?? "", "models--o--m", ...names);
  return { renew, inModel };
}

export async function start(files: Readonly<Record<string, string | Buffer>> = MODEL): Promise<HubServer> {
  const server = await HubServer.start(files);
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  return server;
}
