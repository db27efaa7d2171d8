/**
 * Whether the server lives and whether it takes requests: for Kubernetes, systemd and balancers. A server that
 * loads or ends lives, so nothing should restart it, and is not ready, so nothing should ask it.
 */
import { type PublicRoute, sendJson } from "../route.ts";

export const health: PublicRoute = {
  method: "GET",
  paths: ["/health", "/v1/health", "/readyz"],
  isPublic: true,
  async handle(exchange) {
    const { state } = exchange;
    sendJson(exchange, { status: state === "ready" ? "ok" : state }, state === "ready" ? 200 : 503);
  },
};

export const life: PublicRoute = {
  method: "GET",
  paths: ["/livez"],
  isPublic: true,
  async handle(exchange) {
    sendJson(exchange, { status: "ok" });
  },
};
