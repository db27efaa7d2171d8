/** POST /v1/embeddings: https://platform.openai.com/docs/api-reference/embeddings. */
import { type Route, sendJson } from "../../route.ts";
import { embedderName, embedTexts } from "../embed-texts.ts";

export const embeddings: Route = {
  method: "POST",
  paths: ["/v1/embeddings", "/embeddings"],
  async handle(exchange) {
    const { fields, service } = exchange;
    const format = fields.text("encoding_format") ?? "float";
    if (format !== "float" && format !== "base64") throw fields.wrong("encoding_format", "float or base64");
    fields.pass("user");
    const truncates = fields.flag("truncate") ?? false;
    const { vectors, tokens } = await embedTexts(exchange, { field: "input", truncates });
    const data = vectors.map((vector, index) => ({
      ...{ object: "embedding", index },
      embedding: format === "float" ? [...vector] : base64(vector),
    }));
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    sendJson(exchange, { object: "list", data, model: embedderName(service), usage });
  },
};

/** Float32, little-endian. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes.toString("base64");
}
