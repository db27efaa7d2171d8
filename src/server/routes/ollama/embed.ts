/** POST /api/embed and the older /api/embeddings of ollama's API. */
import { type Route, sendJson } from "../../route.ts";
import { embedderName, embedTexts } from "../embed-texts.ts";

export const embed: Route = {
  method: "POST",
  paths: ["/api/embed"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    const start = performance.now();
    fields.pass("keep_alive", "options");
    const truncates = fields.flag("truncate") ?? true;
    const { vectors, tokens } = await embedTexts(exchange, { field: "input", truncates });
    sendJson(exchange, {
      model: embedderName(service),
      embeddings: vectors.map((vector) => [...vector]),
      total_duration: Math.round(1e6 * (performance.now() - start)),
      load_duration: 0,
      prompt_eval_count: tokens,
    });
  },
};

export const embeddingOfPrompt: Route = {
  method: "POST",
  paths: ["/api/embeddings"],
  dialect: "ollama",
  async handle(exchange) {
    exchange.fields.pass("keep_alive", "options");
    const { vectors } = await embedTexts(exchange, { field: "prompt", truncates: true });
    sendJson(exchange, { embedding: [...(vectors[0] ?? [])] });
  },
};
