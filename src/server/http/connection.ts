/** The connection of a reply: when it closes, and when it takes more. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** A signal that is aborted when the connection closes. */
export function closing(response: ServerResponse): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  response.once("close", abort);
  return { signal: controller.signal, abort: () => response.off("close", abort) };
}

/** Writes a part of a reply. Waits while the client reads more slowly than the model writes. */
export async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return;
  const { signal, abort } = closing(response);
  await once(response, "drain", { signal }).catch(() => {});
  abort();
}
