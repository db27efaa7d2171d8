/** A conversation on the page. The browser keeps it. */

export interface TokenChoice {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

export interface ToldToken extends TokenChoice {
  readonly top_logprobs: readonly TokenChoice[];
}

export interface Message {
  readonly role: "user" | "assistant";
  content: string;
  reasoning: string;
  /** Tokens of an answer, with how likely they were. */
  tokens: ToldToken[];
  /** Why it ended, or what went wrong. */
  note: string;
  failed: boolean;
}

export const messageOf = (role: Message["role"], content = ""): Message => ({
  ...{ role, content, reasoning: "", tokens: [], note: "", failed: false },
});

const KEY = "gpt-talk";

export function loadTalk(): Message[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(list)) return [];
    return list.map((saved) => Object.assign(messageOf(saved.role === "user" ? "user" : "assistant"), saved));
  } catch {
    return []; // what an older page has saved
  }
}

/** A browser that keeps nothing, or a full one, does not disturb the talk. */
export function saveTalk(messages: readonly Message[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(messages));
  } catch {
    localStorage.removeItem(KEY);
  }
}
