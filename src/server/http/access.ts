/**
 * Who may ask. A page on the web must not reach a server on this machine: neither by a name that it makes
 * resolve to 127.0.0.1 (DNS rebinding: the host is checked), nor by a request of its own (the origin is).
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { quote } from "../../files/quote.ts";
import { RequestError } from "./request-error.ts";

export interface AccessRules {
  /** Host names, beside those of this machine, that requests may name. "*" stands for all. */
  readonly hosts: readonly string[];
  /** Origins of pages that may ask. "*" stands for all. */
  readonly origins: readonly string[];
  /** Requests need one of them, if there are any. */
  readonly keys: readonly string[];
}

const OWN_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** @throws RequestError 403 for a foreign host or origin */
export function checkOrigin({ headers }: IncomingMessage, { hosts, origins }: AccessRules): void {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (host !== "" && !OWN_HOSTS.includes(host) && !includes(hosts, host)) {
    throw new RequestError(403, `the host ${quote(host)} is not known here: --allow-host names more`);
  }
  const { origin } = headers;
  if (origin === undefined || includes(origins, origin) || isOwn(origin, headers.host)) return;
  throw new RequestError(403, `the origin ${quote(origin)} may not ask: --cors-origin names those that may`);
}

/** Headers that let a page of a listed origin read the reply. */
export const corsHeaders = ({ headers: { origin } }: IncomingMessage, { origins }: AccessRules) =>
  origin !== undefined && includes(origins, origin)
    ? {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "authorization, content-type, x-api-key",
        vary: "Origin",
      }
    : {};

/** @throws RequestError 401 without one of the keys */
export function checkKey({ headers }: IncomingMessage, { keys }: AccessRules): void {
  if (keys.length === 0) return;
  const given = keyOf(headers);
  if (given !== undefined && keys.some((key) => isSame(key, given))) return;
  const found = given === undefined ? "no API key was given" : "the API key is wrong";
  throw new RequestError(401, `${found}: send it as "Authorization: Bearer KEY"`, {
    code: "invalid_api_key",
  });
}

/** Tells clients apart, so that they take turns: by key, or by address. */
export const clientOf = ({ headers, socket: { remoteAddress = "" } }: IncomingMessage): string =>
  keyOf(headers) || (isOfThisMachine(remoteAddress) && forwardedFor(headers)) || remoteAddress;

/** A socket file has no addresses. */
const isOfThisMachine = (address: string): boolean => ["", "127.0.0.1", "::1"].includes(address);

/** The address that a proxy on this machine has added, the last one: a client may have sent others. */
const forwardedFor = (headers: IncomingMessage["headers"]): string | undefined =>
  [headers["x-forwarded-for"]].flat().at(-1)?.split(",").at(-1)?.trim();

function keyOf(headers: IncomingMessage["headers"]): string | undefined {
  const [, bearer] = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "") ?? [];
  return bearer ?? [headers["x-api-key"], headers["api-key"]].flat().find((key) => key !== undefined);
}

/** In a time that does not tell where they differ. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

const includes = (list: readonly string[], value: string): boolean =>
  list.includes("*") || list.some((own) => own.toLowerCase() === value.toLowerCase());

const isOwn = (origin: string, host: string | undefined): boolean => origin === `http://${host}`;
