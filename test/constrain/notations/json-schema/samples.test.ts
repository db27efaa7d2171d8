import { expect, it } from "vitest";
import { checkSchemas } from "./samples.ts";

it("what random logits write under 40 drawn schemas is valid by ajv", async () => {
  const { valid, refused } = await checkSchemas(1, 40, 3);
  expect(valid).toBeGreaterThan(80);
  expect(refused).toBeLessThan(12);
}, 120_000);
