/** Lines as they are typed -> inputs: a line that ends in a backslash goes on in the next one. */

/** What a person sees where a line is to be typed: the first of an input, and one that goes on. */
export const prompts = { first: "> ", next: "... " } as const;

/** Two backslashes at the end stand for one that is meant. */
export const goesOn = (line: string): boolean => line.endsWith("\\") && !line.endsWith("\\\\");

/** The input that lines make up, all but the last of which go on. */
export const joinLines = (lines: readonly string[]): string =>
  lines.map((line) => (line.endsWith("\\") ? line.slice(0, -1) : line)).join("\n");
