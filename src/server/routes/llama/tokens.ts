/** Texts as tokens and back, in the words of llama.cpp's server. */
import { type Route, sendJson } from "../../route.ts";

export const tokenize: Route = {
  method: "POST",
  paths: ["/tokenize"],
  async handle(exchange) {
    const { fields, service } = exchange;
    const { tokenizer } = service.model;
    const text = fields.text("content") ?? "";
    const parseSpecial = fields.flag("parse_special") ?? true;
    const ids = tokenizer.encode(text, { parseSpecial });
    const isWithPieces = fields.flag("with_pieces") ?? false;
    const withBos = fields.flag("add_special") === true && tokenizer.addBos && tokenizer.bosId !== undefined;
    const all = withBos ? [tokenizer.bosId as number, ...ids] : [...ids];
    const piece = (id: number) => ({ id, piece: tokenizer.decode([id]) });
    sendJson(exchange, { tokens: isWithPieces ? all.map(piece) : all });
  },
};

export const detokenize: Route = {
  method: "POST",
  paths: ["/detokenize"],
  async handle(exchange) {
    const { fields, service } = exchange;
    const { tokenizer } = service.model;
    const ids = fields.value("tokens");
    const isId = (id: unknown): id is number =>
      Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < tokenizer.vocabSize;
    if (!Array.isArray(ids) || !ids.every(isId)) {
      throw fields.wrong("tokens", `a list of token ids below ${tokenizer.vocabSize}`);
    }
    sendJson(exchange, { content: tokenizer.decode(ids) });
  },
};
