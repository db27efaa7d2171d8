/** The model that is served, as OpenAI lists models, with llama.cpp's `meta`. */
import { countParameters } from "../../../model/parameters.ts";
import { RequestError } from "../../http/request-error.ts";
import { type Route, sendJson } from "../../route.ts";
import type { Service } from "../../service.ts";

const modelObject = ({ name, created, model }: Service) => ({
  id: name,
  object: "model",
  created,
  owned_by: "gpt-simd",
  context_length: model.contextSize,
  meta: {
    n_vocab: model.config.vocabSize,
    n_ctx_train: model.config.nPositions,
    n_embd: model.config.nEmbd,
    n_params: countParameters(model.config).total,
  },
});

/** The model that only embeds texts, if there is one. */
const embedderObject = ({ name, created, embedder }: Service) =>
  embedder === undefined || embedder.name === name
    ? []
    : [{ id: embedder.name, object: "model", created, owned_by: "gpt-simd" }];

const served = (service: Service) => [modelObject(service), ...embedderObject(service)];

export const models: Route = {
  method: "GET",
  paths: ["/v1/models", "/models"],
  async handle(exchange) {
    sendJson(exchange, { object: "list", data: served(exchange.service) });
  },
};

/** Names contain slashes: the whole rest of the path is one. */
export const modelByName: Route = {
  method: "GET",
  paths: ["/v1/models/", "/models/"],
  async handle(exchange) {
    const { service, rest } = exchange;
    const found = served(service).find(({ id }) => id === rest);
    if (found !== undefined) return sendJson(exchange, found);
    const message = `the model ${JSON.stringify(rest)} is not here: ${service.name} is`;
    throw new RequestError(404, message, { code: "model_not_found" });
  },
};
