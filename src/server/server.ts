/** The server: finds the route of a request, checks who asks, and turns errors into replies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { type AccessRules, checkKey, checkOrigin, clientOf, corsHeaders } from "./http/access.ts";
import { readBody } from "./http/body.ts";
import { closing } from "./http/connection.ts";
import { RequestFields } from "./http/fields.ts";
import { PREFIX_HEADER, prefixOf } from "./http/prefix.ts";
import { asRequestError, type Dialect, errorBody, RequestError } from "./http/request-error.ts";
import { isTraced, startSpan } from "./http/trace.ts";
import { refuseUnread } from "./http/unread.ts";
import { type ListenAddress, listen } from "./listen.ts";
import type { PublicRoute, Route, ServerState } from "./route.ts";
import { routes } from "./routes/table.ts";
import type { Service } from "./service.ts";

const MAX_BODY_BYTES = 8 << 20;
const MAX_HEADER_BYTES = 16 << 10;
/** Time for the headers of a request; its body has ten times as much. */
const PATIENCE_MS = 20_000;
/** Longer than clients keep idle connections, so that none is closed while a request is on its way. */
const KEEP_ALIVE_MS = 75_000;

export interface ServerOptions extends AccessRules {
  readonly address: ListenAddress;
  /** Time for the headers of a request, in milliseconds. Default 20 s; its body has ten times as much. */
  readonly patienceMs?: number;
  /** Gets errors that are the server's fault. */
  readonly onFault?: (error: unknown) => void;
}

export class ModelServer {
  /** Undefined while the model loads. */
  #service: Service | undefined;
  #state: ServerState = "loading";
  #closed: Promise<void> | undefined;
  #url = "";
  readonly #options: ServerOptions;
  readonly #server: Server;
  /** Ends the work of all requests. */
  readonly #end = new AbortController();
  readonly #open = new Set<Promise<void>>();

  private constructor(options: ServerOptions) {
    this.#options = options;
    const { patienceMs = PATIENCE_MS } = options;
    const settings = {
      ...{ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true },
      ...{ headersTimeout: patienceMs, requestTimeout: 10 * patienceMs },
      connectionsCheckingInterval: patienceMs / 4,
    };
    this.#server = createServer(settings, (request, response) => this.#accept(request, response));
    this.#server.on("clientError", refuseUnread);
  }

  /**
   * Listens. Until `open` gives it a model it tells that it loads one.
   *
   * @throws the error of a port that is taken, with its `code`
   */
  static async listen(options: ServerOptions): Promise<ModelServer> {
    const server = new ModelServer(options);
    server.#url = await listen(server.#server, options.address);
    return server;
  }

  /** Answers requests to the model from now on. */
  open(service: Service): void {
    this.#service = service;
    this.#state = "ready";
  }

  /** `http://127.0.0.1:8080`, or `unix:/run/gpt.sock`. */
  get url(): string {
    return this.#url;
  }

  /** Refuses new requests, lets those that run end for some time, then ends them. */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0);
  }

  /**
   * New requests get 503 until the last one has ended: a balancer that has not heard yet sends them
   * elsewhere. A socket of systemd's is left at once: what comes to it waits for the next server.
   */
  async #close(graceMs: number): Promise<void> {
    this.#state = "ending";
    const closed = new Promise<void>((resolve) => this.#server.once("close", resolve));
    if ("fd" in this.#options.address) this.#server.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#end.abort(new RequestError(503, "the server ends")), graceMs);
    await this.#idle();
    await this.#service?.close();
    clearTimeout(timer);
    this.#server.close();
    await this.#idle();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Resolves once all requests have ended. */
  async #idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const work = this.#answer(request, response).then(() => this.#sent(response));
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }

  /** Resolves once the system has taken a reply, its client has left, or all work ends. */
  async #sent(response: ServerResponse): Promise<void> {
    if (response.writableEnded) await finished(response, { signal: this.#end.signal }).catch(() => {});
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = closing(response);
    const span = isTraced() ? await startSpan(request) : undefined;
    let path = "";
    const [pathname = "/"] = (request.url ?? "/").split(/[?#]/);
    const dialect = dialectAt(pathname);
    try {
      if (this.#state === "ending") response.setHeader("connection", "close");
      for (const [name, value] of Object.entries(corsHeaders(request, this.#options))) {
        response.setHeader(name, value);
      }
      checkOrigin(request, this.#options);
      if (request.method === "OPTIONS") {
        response.writeHead(204).end();
        return;
      }
      const { route, rest, found } = findRoute(request.method ?? "", pathname);
      path = found;
      if (!route.isPublic) checkKey(request, this.#options);
      const handle = this.#handlerOf(route);
      const body = route.method === "POST" ? await readBody(request, MAX_BODY_BYTES) : {};
      const prefix = prefixOf(request.headers, body);
      if (prefix !== undefined) response.setHeader(PREFIX_HEADER, prefix);
      await handle({
        ...{ state: this.#state, request, response, rest },
        ...{ fields: new RequestFields(body), client: clientOf(request) },
        signal: AbortSignal.any([client.signal, this.#end.signal]),
      });
    } catch (error) {
      if (!client.signal.aborted) {
        this.#fail(response, this.#end.signal.aborted ? this.#end.signal.reason : error, dialect);
      }
    } finally {
      client.abort();
      this.#service?.metrics.answered(path, response.statusCode);
      span?.end(path, response.statusCode);
    }
  }

  /** @throws RequestError 503 while the model loads, and once the server ends */
  #handlerOf(route: Route): PublicRoute["handle"] {
    if (route.isPublic) return route.handle;
    const service = this.#service;
    if (this.#state === "ready" && service) return (exchange) => route.handle({ ...exchange, service });
    const message = this.#state === "loading" ? "the model is loading" : "the server ends";
    throw new RequestError(503, message, { headers: { "retry-after": "1" } });
  }

  /** Says nothing after a stream has begun: the stream has told the error. */
  #fail(response: ServerResponse, error: unknown, dialect: Dialect | undefined): void {
    const problem = asRequestError(error);
    if (problem.status === 500) this.#options.onFault?.(error);
    if (response.headersSent) return void response.end();
    const headers = { "content-type": "application/json; charset=utf-8", ...problem.headers };
    response.writeHead(problem.status, headers);
    response.end(`${JSON.stringify(errorBody(problem, dialect))}\n`);
  }
}

/** @throws RequestError 404 and 405 */
function findRoute(method: string, path: string): { route: Route; rest: string; found: string } {
  const matching = routes.flatMap((route) =>
    route.paths.filter((own) => matches(own, path)).map((found) => ({ route, found })),
  );
  if (matching.length === 0) throw new RequestError(404, `there is nothing at ${path}`);
  // Node leaves the body of a reply to HEAD out.
  const wanted = method === "HEAD" ? "GET" : method;
  const fitting = matching.find(({ route }) => route.method === wanted);
  if (fitting === undefined) {
    const allow = matching.map(({ route }) => route.method).join(", ");
    throw new RequestError(405, `${path} takes ${allow}`, { headers: { allow } });
  }
  return { ...fitting, rest: decoded(path.slice(fitting.found.length)) };
}

/** Paths of other programs, whether they are known here or not. */
const DIALECTS: readonly (readonly [path: string, dialect: Dialect])[] = [
  ["/api/", "ollama"],
  ["/v1/messages/", "anthropic"],
];

/** How errors at a path look: a client takes its own words from every path that begins as its API does. */
function dialectAt(path: string): Dialect | undefined {
  const known = routes.find((route) => route.paths.some((own) => matches(own, path)));
  return known ? known.dialect : DIALECTS.find(([own]) => path.startsWith(own))?.[1];
}

const matches = (route: string, path: string): boolean =>
  route.endsWith("/") && route !== "/"
    ? path.startsWith(route) && path.length > route.length
    : path === route;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequestError(400, "the path has a wrong percent code");
  }
}
