/** A conversation in a file: `/save` writes it, `/load` reads it. */
import { readdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Conversation } from "../../../../chat/conversation.ts";
import { isSavedConversation, restoreConversation, savedConversation } from "../../../../chat/saved.ts";
import { GptError } from "../../../../errors.ts";
import { readJsonObject } from "../../../../files/json.ts";
import { openDestination } from "../../../terminal/destination.ts";
import { settingsFormat } from "./settings.ts";

/** `~` and `~/` stand for the home directory, which no shell replaces here. */
export const expandHome = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;

/**
 * The paths that begin like this one. Those of directories end in a slash, and hidden files come if they are
 * asked for.
 */
export function completePath(path: string): string[] {
  const name = /[^/]*$/.exec(path)?.[0] ?? "";
  const folder = path.slice(0, path.length - name.length);
  try {
    return readdirSync(expandHome(folder) || ".", { withFileTypes: true })
      .filter((entry) => entry.name.startsWith(name) && (name !== "" || !entry.name.startsWith(".")))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .sort();
  } catch {
    return []; // there is no such directory
  }
}

/**
 * @param replace whether any file at the path may be replaced, and not only a saved conversation
 * @throws GptError `usage` for a file that may not be replaced, and as `openDestination`
 */
export async function saveConversation(
  path: string,
  conversation: Conversation,
  modelName: string,
  replace: boolean,
): Promise<void> {
  if (!replace) await refuseOtherFile(path);
  await using destination = await openDestination(path);
  await destination.output.writeJson(savedConversation(conversation, modelName, settingsFormat));
  await destination.keep();
}

/**
 * @returns the name of the model that the conversation was saved with
 * @throws GptError `not-found`, and as `restoreConversation`
 */
export async function loadConversation(path: string, conversation: Conversation): Promise<string> {
  return restoreConversation(await readJsonObject(path), conversation, settingsFormat, path);
}

/** An empty file may be replaced, and so may a device, which keeps nothing. */
async function refuseOtherFile(path: string): Promise<void> {
  const present = await stat(path).catch(() => undefined);
  if (!present?.isFile() || present.size === 0) return;
  const content = await readJsonObject(path).catch(() => undefined);
  if (content !== undefined && isSavedConversation(content)) return;
  const problem = "is there already and is no saved conversation";
  throw new GptError("usage", `${path}: ${problem}: choose another name, or /save! replaces it`);
}
