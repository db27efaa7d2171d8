/** All routes. */
import type { Route } from "../route.ts";
import { health } from "./health.ts";
import { metrics } from "./metrics.ts";
import { chat, generate } from "./ollama/generate.ts";
import { running, show, tags, version } from "./ollama/models.ts";
import { chatCompletions } from "./openai/chat-completions.ts";
import { completions } from "./openai/completions.ts";
import { modelByName, models } from "./openai/models.ts";
import { detokenize, tokenize } from "./tokens.ts";

export const routes: readonly Route[] = [
  health,
  metrics,
  models,
  modelByName,
  completions,
  chatCompletions,
  tokenize,
  detokenize,
  generate,
  chat,
  version,
  tags,
  running,
  show,
];
