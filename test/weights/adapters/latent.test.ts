import { expect, it } from "vitest";
import { loadModel } from "../../../src/index.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { writeAdapter } from "./write-adapter.ts";

const file = temporaryFolder();

describeWithShared("an adapter of latent attention", () => {
  it("on the matrix that is a part of the heads is refused with one line", async () => {
    writeAdapter(file("adapter"), { "model.layers.0.self_attn.kv_b_proj": [8, 8] });
    const path = shared("models/golden/deepseek_v3");
    const error = await rejectionOf(loadModel(path, { threads: 1, adapters: [{ path: file("adapter") }] }));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toContain('adapts "model.layers.0.self_attn.kv_b_proj"');
    expect(error.message).not.toContain("\n");
  });
});
