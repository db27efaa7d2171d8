/** A server with the embedded model, for the time of a test file. */
import { afterAll, beforeAll } from "vitest";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import type { LanguageModel } from "../../src/library/language-model.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { ModelServer, type ServerOptions } from "../../src/server/server.ts";
import { type ServedModel, Service, type ServiceSettings } from "../../src/server/service.ts";

export interface Running {
  readonly model: LanguageModel;
  readonly service: Service;
  readonly server: ModelServer;
  post(path: string, body: unknown, more?: RequestInit): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

const OPEN = { address: { host: "127.0.0.1", port: 0 }, keys: [], hosts: [], origins: [] };
/** As the tokens of the embedded model allow. */
const template = new ChatTemplate(
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}",
  "chat.jinja",
);
const SETTINGS = { parallel: 4, queue: 64, defaults: {} };

export async function serve(
  model: LanguageModel,
  options: Partial<ServerOptions> = {},
  settings: Partial<ServiceSettings & Pick<ServedModel, "template" | "embedder">> = {},
): Promise<Running> {
  const served = { model, name: "stories", bytes: 1, template, ...settings };
  const service = new Service(served, { ...SETTINGS, ...settings });
  const server = await ModelServer.listen({ ...OPEN, ...options });
  server.open(service);
  const post = (path: string, body: unknown, more: RequestInit = {}) =>
    fetch(server.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...more.headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(more.signal && { signal: more.signal }),
    });
  const get = (path: string, headers = {}) => fetch(server.url + path, { headers });
  return { model, service, server, post, get };
}

/** The model and a server of all tests of a file. */
export function sharedServer(): () => Running {
  let running: Running | undefined;
  beforeAll(async () => {
    running = await serve(await loadModel(undefined, { threads: 2, simd: "plain" }));
  });
  afterAll(async () => {
    await running?.server.close(0);
    await running?.model.close();
  });
  return () => running as Running;
}

/** The data of server-sent events, [DONE] last. */
export async function eventsOf(response: Response): Promise<(Record<string, unknown> | "[DONE]")[]> {
  const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: "));
  return frames.map((frame) => (frame === "data: [DONE]" ? "[DONE]" : JSON.parse(frame.slice(6))));
}
