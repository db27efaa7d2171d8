import { describe, expect, it, vi } from "vitest";
import { expectRefusal } from "../tokenizer/fixtures.ts";
import { refuse } from "./hub-server.ts";
import { pull, start, useCache } from "./pulling.ts";

useCache();

describe("pullModel", () => {
  it.each([
    [401, "RepoNotFound", "o/m: is not there, or private: look for its name"],
    [401, "GatedRepo", "o/m: is gated: accept its terms at http://127.0.0.1"],
    [403, undefined, "o/m: may not be read: accept its terms"],
    [404, undefined, "o/m: is not there, or private"],
    [418, undefined, "answers 418"],
  ])("explains %i %s", async (status, code, message) => {
    const server = await start();
    server.fault = (_, response) => {
      refuse(response, status, code);
      return true;
    };
    await expectRefusal(() => pull("o/m"), message);
  });

  it("names the variable of the token where there is none", async () => {
    const server = await start();
    vi.stubEnv("HF_TOKEN", "");
    server.fault = (_, response) => {
      refuse(response, 401, "GatedRepo");
      return true;
    };
    await expectRefusal(() => pull("o/m"), "set HF_TOKEN to a token that may read it");
    expect(server.asked[0]?.authorization).toBeUndefined();
  });

  it("refuses a listing whose paths lead out of the folder", async () => {
    const server = await start();
    for (const path of ["../../config.json", "/config.json", "a\\..\\b", "a//b"]) {
      server.listedAs = () => path;
      await expectRefusal(() => pull("o/m"), `lists the path ${JSON.stringify(path)}`);
    }
  });

  it("refuses other names, and connects to nothing where that is forbidden", async () => {
    await expectRefusal(
      () => pull("gpt2"),
      'expected OWNER/NAME, OWNER/NAME:QUANT or OWNER/NAME@REVISION, found "gpt2"',
    );
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expectRefusal(() => pull("o/m"), "$HF_HUB_OFFLINE forbids connections");
    vi.stubEnv("HF_HUB_OFFLINE", "");
    vi.stubEnv("HF_ENDPOINT", "hub");
    await expectRefusal(() => pull("o/m"), "$HF_ENDPOINT is hub, expected an address");
  });
});
