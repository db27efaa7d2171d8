/** Whether the server answers: for Kubernetes, systemd and balancers. */
import { type Route, sendJson } from "../route.ts";

export const health: Route = {
  method: "GET",
  paths: ["/health", "/v1/health"],
  isPublic: true,
  async handle(exchange) {
    const { isClosing } = exchange.service;
    sendJson(exchange, { status: isClosing ? "ending" : "ok" }, isClosing ? 503 : 200);
  },
};
