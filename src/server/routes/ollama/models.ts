/** What ollama's API tells of models. */
import { createHash } from "node:crypto";
import { canCall } from "../../../chat/answer/read-answer.ts";
import { packageVersion } from "../../../host/package-files.ts";
import { countParameters } from "../../../model/parameters.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import type { Service } from "../../service.ts";

const details = ({ model: { config } }: Service) => ({
  parent_model: "",
  format: "gguf",
  family: config.family,
  families: [config.family],
  parameter_size: `${(countParameters(config).total / 1e6).toFixed(1)}M`,
  quantization_level: "",
});

const listed = (service: Service) => ({
  name: `${service.name}:latest`,
  model: `${service.name}:latest`,
  modified_at: new Date(service.created * 1000).toISOString(),
  size: service.bytes,
  digest: createHash("sha256").update(service.fingerprint).digest("hex"),
  details: details(service),
});

const get = (path: string, reply: (exchange: Exchange) => object): Route => ({
  method: "GET",
  paths: [path],
  dialect: "ollama",
  handle: async (exchange) => sendJson(exchange, reply(exchange)),
});

export const version = get("/api/version", () => ({ version: packageVersion() }));

export const tags = get("/api/tags", ({ service }) => ({ models: [listed(service)] }));

export const running = get("/api/ps", ({ service }) => ({
  models: [{ ...listed(service), size_vram: 0, context_length: service.model.contextSize }],
}));

export const show: Route = {
  method: "POST",
  paths: ["/api/show"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    service.checkModel(fields.text("model") ?? fields.text("name"));
    const { config, contextSize } = service.model;
    const { family } = config;
    sendJson(exchange, {
      modelfile: "",
      parameters: "",
      template: service.prompts?.template.source ?? "",
      details: details(service),
      model_info: {
        "general.architecture": family,
        "general.parameter_count": countParameters(config).total,
        [`${family}.context_length`]: contextSize,
        [`${family}.embedding_length`]: config.nEmbd,
        [`${family}.block_count`]: config.layers.length,
      },
      capabilities: [
        "completion",
        ...(service.toolPrompts && canCall(service.toolPrompts.template.source) ? ["tools"] : []),
      ],
      modified_at: new Date(service.created * 1000).toISOString(),
    });
  },
};
