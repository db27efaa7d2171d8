/** Licences of the packages whose code is in the bundle: their text goes where their code goes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of a package within a module's path, such as `/…/node_modules/yargs`. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * @param {readonly string[]} modules paths of the modules of a bundle
 * @returns {string} name, version and licence of every package among them
 * @throws if a package has no licence file
 */
export function bundledLicenses(modules) {
  const paths = modules.map((path) => path.replaceAll("\\", "/"));
  const folders = new Set(paths.flatMap((path) => path.match(PACKAGE) ?? []));
  return [...folders].sort().map(licenseOf).join("\n");
}

function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} is in the bundle and has no licence file`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
