/** GET /: the page that talks with the model, for browsers; other clients look here for ollama's words. */
import { readFileSync } from "node:fs";
import { packageFile } from "../../host/package-files.ts";
import type { Route } from "../route.ts";

/** The page's own policy, beside this, lets it ask this server alone. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

let html: Buffer | undefined;

export const page: Route = {
  method: "GET",
  paths: ["/"],
  isPublic: true,
  async handle({ request, response }) {
    if (!request.headers.accept?.includes("text/html")) {
      response.writeHead(200, { "content-type": "text/plain" });
      return void response.end("Ollama is running");
    }
    html ??= readFileSync(packageFile("dist/bundle/page/chat.html"));
    response.writeHead(200, HEADERS);
    response.end(html);
  },
};
