/**
 * A span of OpenTelemetry for each request. An SDK that the user starts (`node --import ...`) gets them;
 * without one nothing of it is loaded. The API is the small package that prom-client needs, too.
 */
import type { IncomingMessage } from "node:http";

/** Where the API keeps what an SDK has registered, for all its copies in a process. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

export interface RequestSpan {
  /** @param route as routes name it; empty for a request without one */
  end(route: string, status: number): void;
}

export const isTraced = (): boolean => REGISTRY in globalThis;

/** The span of the client's traceparent is above it. Names and attributes are those of HTTP's conventions. */
export async function startSpan({ method = "", headers }: IncomingMessage): Promise<RequestSpan> {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const parent = propagation.extract(context.active(), headers);
  const attributes = { "http.request.method": method };
  const span = trace.getTracer("gpt-simd").startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  return {
    end(route, status) {
      if (route !== "") span.updateName(`${method} ${route}`).setAttribute("http.route", route);
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
