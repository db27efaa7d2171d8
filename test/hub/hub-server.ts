/** A server that speaks the hub's endpoints, with a second host that has the large files. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** What a server is asked: method aside, all that the tests look at. */
export interface Asked {
  readonly host: "hub" | "store";
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request instead of the server; false leaves it to the server. */
export type Fault = (asked: Asked, response: ServerResponse, content: Buffer | undefined) => boolean;

export class HubServer {
  readonly asked: Asked[] = [];
  /** Files by path. Those of 1,000 bytes and more are large: the second host has them. */
  readonly files = new Map<string, Buffer>();
  fault: Fault = () => false;
  /** The path that the listing names instead of a file's. */
  listedAs = (path: string): string => path;
  #hub = "";
  #store = "";

  static async start(files: Readonly<Record<string, string | Buffer>>): Promise<HubServer> {
    const server = new HubServer();
    for (const [path, content] of Object.entries(files)) server.files.set(path, Buffer.from(content));
    server.#store = await listen((request, response) => server.#answer("store", request, response));
    server.#hub = await listen((request, response) => server.#answer("hub", request, response));
    return server;
  }

  get endpoint(): string {
    return this.#hub;
  }

  /** What was asked for a file's content. */
  downloads(path: string): Asked[] {
    return this.asked.filter((asked) => asked.path.endsWith(`/${path}`));
  }

  hashOf(path: string): string {
    const content = this.files.get(path) ?? Buffer.alloc(0);
    if (isLarge(content)) return createHash("sha256").update(content).digest("hex");
    return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  }

  #answer(host: Asked["host"], request: IncomingMessage, response: ServerResponse): void {
    const { range, authorization, "if-range": ifRange } = request.headers;
    const url = new URL(request.url ?? "/", "http://x");
    const path = decodeURIComponent(url.pathname) + url.search;
    const asked = { host, path, range, authorization, ifRange: ifRange?.toString() };
    this.asked.push(asked);
    const file = /\/(?:resolve\/[0-9a-f]+|store)\/(.+)$/.exec(decodeURIComponent(url.pathname))?.[1] ?? "";
    const content = this.files.get(file);
    if (this.fault(asked, response, content)) return;
    if (host === "store" || content) this.#send(host, file, content ?? Buffer.alloc(0), asked, response);
    else if (/\/revision\/(?:main|v1)$/.test(path))
      json(response, { sha: COMMIT, siblings: [], gated: false });
    else if (path.includes("/revision/")) refuse(response, 404, "RevisionNotFound");
    else if (path.includes(`/tree/${COMMIT}`)) this.#tree(url, response);
    else refuse(response, 404, "RepoNotFound");
  }

  /** Two pages. */
  #tree(url: URL, response: ServerResponse): void {
    const entries = [...this.files].map(([path, content]) => ({
      type: "file",
      path: this.listedAs(path),
      size: content.length,
      oid: isLarge(content) ? "0".repeat(40) : this.hashOf(path),
      ...(isLarge(content) && { lfs: { oid: this.hashOf(path), size: content.length, pointerSize: 1 } }),
    }));
    const half = Math.ceil(entries.length / 2);
    if (url.searchParams.has("cursor")) {
      json(response, entries.slice(half));
      return;
    }
    response.setHeader("link", `<${this.#hub}${url.pathname}${url.search}&cursor=1>; rel="next"`);
    json(response, [...entries.slice(0, half), { type: "directory", path: "folder" }]);
  }

  #send(
    host: string,
    file: string,
    content: Buffer,
    { range, ifRange }: Asked,
    response: ServerResponse,
  ): void {
    if (host === "hub" && isLarge(content)) {
      response.writeHead(302, { location: `${this.#store}/store/${file}?signed=1` }).end();
      return;
    }
    const tag = host === "hub" ? `"${this.hashOf(file)}"` : '"a tag of the store"';
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (range === undefined || (ifRange !== undefined && ifRange !== tag)) {
      response.writeHead(200, { etag: tag, "content-length": content.length }).end(content);
      return;
    }
    const about = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(206, { etag: tag, "content-range": about }).end(content.subarray(from));
  }
}

const isLarge = (content: Buffer): boolean => content.length >= 1000;

export const refuse = (response: ServerResponse, status: number, code?: string): void => {
  response.writeHead(status, code === undefined ? {} : { "x-error-code": code }).end();
};

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
};

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
