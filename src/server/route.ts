/** A route: what a path answers. A new one is a file in routes/ and a line in its table. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestFields } from "./http/fields.ts";
import { ignoredHeader } from "./http/ignored-header.ts";
import type { Dialect } from "./http/request-error.ts";
import type { Service } from "./service.ts";

/** One request and its reply. */
export interface Exchange {
  readonly service: Service;
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

export interface Route {
  readonly method: "GET" | "POST";
  /** It may end in a slash: the route then answers for all that begin so. */
  readonly paths: readonly string[];
  /** Whether it answers without a key. */
  readonly isPublic?: boolean;
  /** How its errors look. Default: as OpenAI's. */
  readonly dialect?: Dialect;
  /** @throws RequestError, before it has written anything */
  handle(exchange: Exchange): Promise<void>;
}

/** Replies with JSON. A header names the fields of the request that had no effect. */
export function sendJson({ response, fields }: Exchange, value: object, status = 200): void {
  const { ignored } = fields;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...ignoredHeader(ignored),
  });
  response.end(`${JSON.stringify(value)}\n`);
}
