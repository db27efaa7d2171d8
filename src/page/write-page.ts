/** The HTML of a page: the page without data of the build, and what it is to carry. */
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { packageFile } from "../host/package-files.ts";
import { pack } from "./packing.ts";
import type { PageData } from "./page-data.ts";

/** What a page carries under a name. Weights hardly shrink, so they are left as they are. */
export interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isDeflated: boolean;
}

/** Where the parts belong. */
const PLACE = "<!--parts-->";

/** @param more parts for the engine of a live page */
export function pageHtml(data: PageData, more: readonly Part[] = []): Buffer {
  const { json, bytes } = pack(data);
  const own = [
    { name: "json", bytes: Buffer.from(json), isDeflated: true },
    { name: "arrays", bytes, isDeflated: true },
  ];
  const empty = readFileSync(packageFile("dist/bundle/page/page.html"));
  const at = empty.indexOf(PLACE);
  const parts = [...own, ...more].flatMap(elementOf);
  return Buffer.concat([empty.subarray(0, at), ...parts, empty.subarray(at + PLACE.length)]);
}

/** A script element of a type that browsers do not run. Base64 has no character that could end it. */
function elementOf({ name, bytes, isDeflated }: Part): Buffer[] {
  const encoding = isDeflated ? "deflate-raw" : "identity";
  const opening = `<script type="application/octet-stream" data-part="${name}" data-encoding="${encoding}">`;
  const content = isDeflated
    ? deflateRawSync(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [Buffer.from(opening), Buffer.from(content.toString("base64")), Buffer.from("</script>\n")];
}
