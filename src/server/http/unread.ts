/** Replies to what is no HTTP, or does not come to its end: no request was read, so the socket gets the words. */
import type { Duplex } from "node:stream";
import { errorBody, RequestError } from "./request-error.ts";

const PROBLEMS: Readonly<Record<string, readonly [status: number, reason: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "the headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "the request did not come to its end in time"],
};
const NO_HTTP = [400, "Bad Request", "this is no HTTP request"] as const;

/** For the event `clientError` of a server. */
export function refuseUnread({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, message] = PROBLEMS[code ?? ""] ?? NO_HTTP;
  const body = `${JSON.stringify(errorBody(new RequestError(status, message)))}\n`;
  const headers = [
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end([`HTTP/1.1 ${status} ${reason}`, ...headers, "", body].join("\r\n"));
}
