/** A route: what a path answers. A new one is a file in routes/ and a line in its table. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestFields } from "./http/fields.ts";
import { ignoredHeader } from "./http/ignored-header.ts";
import type { Dialect } from "./http/request-error.ts";
import type { Service } from "./service.ts";

/** The model loads, requests are answered, or the last ones end. */
export type ServerState = "loading" | "ready" | "ending";

/** One request and its reply, whether there is a model or not. */
export interface PublicExchange {
  readonly state: ServerState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands behind the path of the route, decoded. */
  readonly rest: string;
  /** The body of a POST; empty otherwise. */
  readonly fields: RequestFields;
  readonly client: string;
  /** Aborted when the client leaves and when the server must end. */
  readonly signal: AbortSignal;
}

/** One request to the model and its reply. */
export interface Exchange extends PublicExchange {
  readonly service: Service;
}

interface RouteOf<E> {
  readonly method: "GET" | "POST";
  /** It may end in a slash: the route then answers for all that begin so. */
  readonly paths: readonly string[];
  /** How its errors look. Default: as OpenAI's. */
  readonly dialect?: Dialect;
  /** @throws RequestError, before it has written anything */
  handle(exchange: E): Promise<void>;
}

/** It answers without a key, while the model loads, and while the server ends. */
export interface PublicRoute extends RouteOf<PublicExchange> {
  readonly isPublic: true;
}

interface ModelRoute extends RouteOf<Exchange> {
  readonly isPublic?: false;
}

export type Route = PublicRoute | ModelRoute;

/** Replies with JSON. A header names the fields of the request that had no effect. */
export function sendJson(
  { response, fields }: Pick<Exchange, "response" | "fields">,
  value: object,
  status = 200,
): void {
  const { ignored } = fields;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...ignoredHeader(ignored),
  });
  response.end(`${JSON.stringify(value)}\n`);
}
