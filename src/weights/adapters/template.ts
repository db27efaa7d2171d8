/** The chat template of an adapter that was trained on messages. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CHAT_TEMPLATE } from "../model-writer.ts";
import type { AdapterChoice } from "./choice.ts";

/** The path of the first template that an adapter holds. It counts before the model's. */
export const adapterTemplate = (adapters: readonly AdapterChoice[]): string | undefined =>
  adapters.map(({ path }) => join(path, CHAT_TEMPLATE)).find((file) => existsSync(file));
