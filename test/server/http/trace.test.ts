import { propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, describe, expect, it } from "vitest";
import { isTraced } from "../../../src/server/http/trace.ts";
import { sharedServer } from "../running-server.ts";

const running = sharedServer();
const exporter = new InMemorySpanExporter();

afterAll(() => {
  trace.disable();
  propagation.disable();
});

describe("traces of requests", () => {
  it("begin once an SDK is there, and hold route, status and the client's span", async () => {
    await running().get("/health");
    expect(exporter.getFinishedSpans()).toEqual([]);
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    trace.setGlobalTracerProvider(provider);
    propagation.setGlobalPropagator({
      inject: () => {},
      fields: () => ["traceparent"],
      extract: (_, carrier) => {
        const [, traceId = "", spanId = ""] = String((carrier as Record<string, string>).traceparent).split(
          "-",
        );
        return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
      },
    });
    expect(isTraced()).toBe(true);
    const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
    const headers = { traceparent: `00-${traceId}-${spanId}-01` };
    await running().post("/v1/completions", { prompt: "Once", max_tokens: 2 }, { headers });
    await running().get("/nowhere", headers);
    await expect.poll(() => exporter.getFinishedSpans().length).toBe(2);
    const [span, lost] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: "POST /v1/completions",
      kind: 1,
      parentSpanContext: { traceId, spanId },
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v1/completions",
        "http.response.status_code": 200,
      },
    });
    expect(lost).toMatchObject({ name: "GET", attributes: { "http.response.status_code": 404 } });
  });
});
