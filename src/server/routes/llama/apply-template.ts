/** POST /apply-template of llama.cpp's server: the prompt that messages make, with its ids. */
import { type Route, sendJson } from "../../route.ts";
import { chatQuestion } from "../chat-prompt.ts";

export const applyTemplate: Route = {
  method: "POST",
  paths: ["/apply-template"],
  async handle(exchange) {
    const { fields, service } = exchange;
    service.checkModel(fields.text("model"));
    const { prompt, promptIds } = chatQuestion(fields, service);
    sendJson(exchange, { prompt: prompt.text, tokens: promptIds });
  },
};
