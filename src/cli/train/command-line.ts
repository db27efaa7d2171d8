/** The command line as it could be typed again. */

/** For a POSIX shell. */
export const commandLine = (argv: readonly string[]): string => ["gpt", ...argv.map(shellWord)].join(" ");

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
