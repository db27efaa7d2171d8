/**
 * A name for the beginning of a prompt. A balancer sends requests with the same name to one replica, which has
 * that beginning in its cache. The reply names it; a client that sends the name again, with the next message
 * of a conversation, stays with its replica.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { JsonObject } from "../../files/json.ts";

export const PREFIX_HEADER = "x-prefix";

/** Fields that prompts begin with, in all dialects, in the order in which templates show them. */
const FIELDS: readonly string[] = ["system", "instructions", "tools", "messages", "input", "prompt"];
/** Of their JSON: some hundred tokens. */
const CHARACTERS = 1024;

/** @returns the name that the request has, or that of its prompt; undefined without a prompt */
export function prefixOf(headers: IncomingHttpHeaders, body: JsonObject): string | undefined {
  const given = headers[PREFIX_HEADER];
  if (typeof given === "string" && /^[\w.-]{1,64}$/.test(given)) return given;
  const parts = FIELDS.filter((name) => body[name] !== undefined).map((name) => JSON.stringify(body[name]));
  if (parts.length === 0) return undefined;
  return createHash("sha256").update(parts.join("\n").slice(0, CHARACTERS)).digest("hex").slice(0, 12);
}
