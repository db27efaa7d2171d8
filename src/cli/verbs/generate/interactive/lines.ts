/** Lines as they are typed -> inputs: a line that ends in a backslash goes on in the next one. */

/** Prompts of the first line of an input, and of the lines that continue it. */
export const prompts = { first: "> ", next: "... " } as const;

/** Two backslashes at the end stand for one that is meant. */
export const goesOn = (line: string): boolean => line.endsWith("\\") && !line.endsWith("\\\\");

/** Joins the lines of an input: all but the last end in a backslash. */
export const joinLines = (lines: readonly string[]): string =>
  lines.map((line) => (line.endsWith("\\") ? line.slice(0, -1) : line)).join("\n");
