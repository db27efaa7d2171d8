/** Figures for Prometheus, in its text format. */
import type { Route } from "../route.ts";

export const metrics: Route = {
  method: "GET",
  paths: ["/metrics"],
  async handle({ service, response }) {
    response.writeHead(200, { "content-type": service.metrics.contentType });
    response.end(await service.metrics.text());
  },
};
