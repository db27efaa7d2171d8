/** GET /props of llama.cpp's server: what the server runs. */
import { packageVersion } from "../../../host/package-files.ts";
import { type Route, sendJson } from "../../route.ts";

export const props: Route = {
  method: "GET",
  paths: ["/props"],
  async handle(exchange) {
    const { service } = exchange;
    const { model, prompts } = service;
    const { tokenizer, contextSize } = model;
    const named = (id: number | undefined) => (id === undefined ? "" : tokenizer.decode([id]));
    sendJson(exchange, {
      default_generation_settings: { n_ctx: contextSize, params: { ...model.generationDefaults } },
      total_slots: service.parallel,
      model_alias: service.name,
      model_path: service.name,
      chat_template: prompts?.template.source ?? "",
      modalities: { vision: false, audio: false },
      bos_token: named(tokenizer.bosId),
      eos_token: named(tokenizer.endOfTextIds[0]),
      build_info: `gpt-simd ${packageVersion()}`,
    });
  },
};
