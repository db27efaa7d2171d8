/** What a batch wrote, read back. */
export interface Result {
  readonly id?: unknown;
  readonly text?: string | null;
  readonly ids?: readonly number[];
  readonly error?: { readonly code: string; readonly message: string };
}

export const results = (text: string): Result[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
