/** All routes. */
import type { Route } from "../route.ts";
import { countTokens, messages } from "./anthropic/messages.ts";
import { health, life } from "./health.ts";
import { applyTemplate } from "./llama/apply-template.ts";
import { completion } from "./llama/completion.ts";
import { props } from "./llama/props.ts";
import { detokenize, tokenize } from "./llama/tokens.ts";
import { metrics } from "./metrics.ts";
import { embed, embeddingOfPrompt } from "./ollama/embed.ts";
import { chat, generate } from "./ollama/generate.ts";
import { running, show, tags, version } from "./ollama/models.ts";
import { chatCompletions } from "./openai/chat-completions.ts";
import { completions } from "./openai/completions.ts";
import { embeddings } from "./openai/embeddings.ts";
import { modelByName, models } from "./openai/models.ts";
import { inputTokens, responses } from "./openai/responses/responses.ts";
import { page } from "./page.ts";
import { score } from "./score.ts";

export const routes: readonly Route[] = [
  page,
  ...[health, life],
  metrics,
  ...[models, modelByName, completions, chatCompletions, responses, inputTokens, embeddings],
  score,
  ...[messages, countTokens],
  ...[completion, tokenize, detokenize, applyTemplate, props],
  ...[generate, chat, embed, embeddingOfPrompt, version, tags, running, show],
];
