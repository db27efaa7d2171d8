/** All routes. */
import type { Route } from "../route.ts";
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { health } from "./health.ts";
import { metrics } from "./metrics.ts";
import { modelByName, models } from "./models.ts";
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
];
