import { describe, expect, it } from "vitest";
import { clientOf } from "../../../src/server/http/access.ts";
import { prefixOf } from "../../../src/server/http/prefix.ts";

const message = (content: string) => ({ role: "user", content });

describe("prefixOf", () => {
  it("is one for prompts that begin alike, in a conversation that goes on", () => {
    const first = [message("a".repeat(2000))];
    const name = prefixOf({}, { messages: first, model: "a" });
    expect(name).toMatch(/^[0-9a-f]{12}$/);
    expect(prefixOf({}, { messages: [...first, message("more")], stream: true })).toBe(name);
    expect(prefixOf({}, { messages: [message(`b${"a".repeat(1999)}`)] })).not.toBe(name);
    expect(prefixOf({}, { messages: first, system: "Be brief." })).not.toBe(name);
  });

  it("stays what the client has sent, unless that is no name", () => {
    const body = { prompt: "Once" };
    expect(prefixOf({ "x-prefix": "talk-1" }, body)).toBe("talk-1");
    for (const wrong of ["", "a b", "a".repeat(65)]) {
      expect(prefixOf({ "x-prefix": wrong }, body)).toBe(prefixOf({}, body));
    }
    expect(prefixOf({}, { tokens: [1] })).toBeUndefined();
  });
});

describe("clientOf", () => {
  const client = (remoteAddress: string | undefined, headers: Record<string, string>) =>
    clientOf({ headers, socket: { remoteAddress } } as unknown as Parameters<typeof clientOf>[0]);

  it("is the address that a proxy on this machine has added", () => {
    const forwarded = { "x-forwarded-for": "6.6.6.6, 10.0.0.7" };
    for (const address of ["127.0.0.1", "::1", undefined])
      expect(client(address, forwarded)).toBe("10.0.0.7");
    expect(client("10.0.0.1", forwarded)).toBe("10.0.0.1");
    expect(client("127.0.0.1", {})).toBe("127.0.0.1");
    expect(client("127.0.0.1", { ...forwarded, authorization: "Bearer key" })).toBe("key");
  });
});
