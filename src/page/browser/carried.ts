/**
 * Parts that the page carries: script elements of a type that browsers do not run. Their content is base64,
 * of deflated bytes where data-encoding says so.
 */

/** Characters that are decoded at a time: whole groups of four. */
const CHUNK = 1 << 20;

const elementOf = (name: string) =>
  document.querySelector<HTMLScriptElement>(`script[data-part="${CSS.escape(name)}"]`);

export const hasPart = (name: string): boolean => elementOf(name) !== null;

/** Names of the parts that begin with a prefix. */
export const partsBelow = (prefix: string): string[] =>
  Array.from(
    document.querySelectorAll<HTMLScriptElement>(`script[data-part^="${CSS.escape(prefix)}"]`),
    ({ dataset }) => dataset.part ?? "",
  );

export async function carriedBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const element = elementOf(name);
  if (element === null) throw new Error(`it lacks the part ${name}`);
  const bytes = fromBase64(element.textContent ?? "");
  if (element.dataset.encoding !== "deflate-raw") return bytes;
  const opened = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(opened).arrayBuffer());
}

export const carriedText = async (name: string): Promise<string> =>
  new TextDecoder().decode(await carriedBytes(name));

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let begin = 0; begin < text.length; begin += CHUNK) {
    const part = atob(text.slice(begin, begin + CHUNK));
    const at = (begin / 4) * 3;
    for (let i = 0; i < part.length; i++) bytes[at + i] = part.charCodeAt(i);
  }
  return bytes;
}
