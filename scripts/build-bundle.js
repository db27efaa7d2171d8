/**
 * Bundles the library and the command line: Node reads few files in half the time of three hundred. Verbs
 * stay files of their own, which load when they run. What package.json lists under `dependencies` stays
 * outside. Other packages, which every run loads, are in the bundle with their licences.
 *
 * The name of a chunk holds a hash of its content, and the chunks of the builds before stay for a day: a
 * program that has started finds its own chunks although a new bundle lies beside them. The package leaves
 * them out by .npmignore.
 */
import { existsSync, readdirSync, readFileSync, statSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { bundledLicenses } from "./bundled-licenses.js";
import { replaceFile } from "./replace-file.js";

const folder = "dist/bundle";
const ignoreFile = join(folder, ".npmignore");
const entries = {
  index: "dist/index.js",
  main: "dist/cli/main.js",
  "settle-colors": "dist/cli/settle-colors.js",
};
const licenseFile = join(folder, "licenses.txt");
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const DAY = 24 * 60 * 60 * 1000;

export async function buildBundle() {
  const external = Object.keys(dependencies);
  const bundle = await rolldown({ input: entries, platform: "node", external, logLevel: "warn" });
  // Names stay, so that --debug says where an error comes from.
  const minify = { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: true } };
  const output = { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", comments: false, minify };
  const { output: chunks } = await bundle.generate(output);
  await bundle.close();
  // Entries come last: a program that starts in between finds every chunk.
  for (const { fileName, code } of chunks.toSorted((a, b) => a.isEntry - b.isEntry)) {
    const path = join(folder, fileName);
    if (!existsSync(path) || readFileSync(path, "utf8") !== code) replaceFile(path, code);
  }
  replaceFile(licenseFile, bundledLicenses(chunks.flatMap(({ moduleIds }) => moduleIds)));
  retire(new Set(chunks.map(({ fileName }) => fileName)));
}

/** Removes files that left the bundle more than a day ago, and lists the other ones that have left it. */
function retire(current) {
  const known = existsSync(ignoreFile) ? readFileSync(ignoreFile, "utf8").split("\n") : [];
  const retired = readdirSync(folder).filter((name) => name.endsWith(".js") && !current.has(name));
  const now = new Date();
  const kept = retired.filter((name) => {
    const path = join(folder, name);
    if (!known.includes(name)) utimesSync(path, now, now);
    const isYoung = statSync(path).mtimeMs > now.getTime() - DAY;
    if (!isYoung) unlinkSync(path);
    return isYoung;
  });
  replaceFile(ignoreFile, ["*.tmp", ...kept, ""].join("\n"));
}
