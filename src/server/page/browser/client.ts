/** Requests to the server that the page is from. */
import type { Message, ToldToken } from "./talk.ts";

/** A part of an answer. */
export interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
}

interface Chunk {
  readonly error?: { readonly message: string };
  readonly choices: readonly {
    readonly delta: Delta;
    readonly logprobs: { readonly content: readonly ToldToken[] } | null;
    readonly finish_reason: string | null;
  }[];
}

export interface Wish {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly system: string;
  readonly messages: readonly Message[];
  readonly key: string;
  readonly signal: AbortSignal;
}

const TOP = 5;

const headersOf = (key: string) => ({
  "content-type": "application/json",
  ...(key !== "" && { authorization: `Bearer ${key}` }),
});

/** Names of the models that chat. */
export async function modelNames(key: string): Promise<readonly string[]> {
  const response = await fetch("v1/models", { headers: headersOf(key) });
  if (!response.ok) throw new Error(await problemOf(response));
  const { data } = (await response.json()) as { data: { id: string; meta?: object }[] };
  return data.filter(({ meta }) => meta !== undefined).map(({ id }) => id);
}

/** @returns why the answer ended. @throws Error in the server's words */
export async function answer(
  { settings, system, messages, key, signal }: Wish,
  onDelta: (delta: Delta, tokens: readonly ToldToken[]) => void,
): Promise<string> {
  const list = messages.map(({ role, content, reasoning }) => ({
    ...{ role, content },
    ...(reasoning !== "" && { reasoning_content: reasoning }),
  }));
  const body = {
    ...settings,
    messages: system === "" ? list : [{ role: "system", content: system }, ...list],
    ...{ stream: true, logprobs: true, top_logprobs: TOP },
  };
  const request = { method: "POST", headers: headersOf(key), body: JSON.stringify(body), signal };
  const response = await fetch("v1/chat/completions", request);
  if (!response.ok || response.body === null) throw new Error(await problemOf(response));
  let reason = "";
  for await (const data of eventData(response.body)) {
    if (data === "[DONE]") break;
    const { error, choices } = JSON.parse(data) as Chunk;
    if (error !== undefined) throw new Error(error.message);
    for (const { delta, logprobs, finish_reason: end } of choices) {
      onDelta(delta, logprobs?.content ?? []);
      reason = end ?? reason;
    }
  }
  return reason;
}

async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (held + decoder.decode(value, { stream: true })).split("\n\n");
    held = frames.pop() ?? "";
    for (const frame of frames) if (frame.startsWith("data: ")) yield frame.slice(6);
  }
}

async function problemOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error: { message: string } };
    return error.message;
  } catch {
    return `the server answered with status ${response.status}`;
  }
}
