/** Reads the body of a request: JSON of bounded size and depth. */
import type { IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { RequestError } from "./request-error.ts";

/** Levels of lists and objects. Only an attack has more. */
const MAX_DEPTH = 64;

/** @throws RequestError 400, 413 and 415 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  const type = request.headers["content-type"] ?? "";
  // A page of another origin can send other types without asking.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new RequestError(415, `expected content-type application/json, found ${JSON.stringify(type)}`);
  }
  const tooLarge = () => {
    const headers = { connection: "close" };
    return new RequestError(413, `the body is larger than ${maxBytes} bytes`, { headers });
  };
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const value = parsed(Buffer.concat(chunks).toString());
  if (!isJsonObject(value)) throw invalid("expected a JSON object");
  if (isDeeper(value, MAX_DEPTH)) throw invalid(`expected JSON of at most ${MAX_DEPTH} levels`);
  return value;
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw invalid(`the body is no JSON: ${(error as Error).message}`);
  }
}

const invalid = (message: string) => new RequestError(400, message, { code: "invalid_json" });

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1)));
