/** `gpt serve` for the time of a test file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const gpt = fileURLToPath(new URL("../../bin/gpt.js", import.meta.url));
const TEMPLATE =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

/** Tells the functions, and that answers call them as Qwen does. After it a grammar may ask for reasoning. */
export const CALLING = `{% if tools %}<tool_call>{% endif %}{% if false %}</think>{% endif %}${TEMPLATE}`;

/** @returns the address of the routes of OpenAI's API. The key is "secret" */
export async function serve(source = TEMPLATE) {
  const folder = mkdtempSync(join(tmpdir(), "gpt-clients-"));
  const template = join(folder, "chat.jinja");
  writeFileSync(template, source);
  const args = ["serve", "--port", "0", "--api-key", "secret", "--chat-template", template];
  const child = spawn(process.execPath, [gpt, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  after(async () => {
    child.kill();
    await once(child, "exit");
    rmSync(folder, { recursive: true });
  });
  let said = "";
  for await (const text of child.stderr.setEncoding("utf8")) {
    said += text;
    const [url] = /http:\S+/.exec(said) ?? [];
    if (url !== undefined) return `${url}/v1`;
  }
  throw new Error(`gpt serve did not start: ${said}`);
}
