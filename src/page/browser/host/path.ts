/** The functions of node:path that the engine calls, for the paths of a page. */

export const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("/");

export const dirname = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/"))) || ".";

export const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
