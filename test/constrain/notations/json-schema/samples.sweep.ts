import { expect, it } from "vitest";
import { checkSchemas } from "./samples.ts";

/** How many schemas are drawn. 2000 take five minutes. */
const SCHEMAS = Number(process.env.GPT_TEST_SCHEMAS ?? 200);

it.each(Array.from({ length: SCHEMAS / 100 }, (_, i) => 1000 + i * 100))(
  "20 texts of each of 100 drawn schemas from number %i on are valid by ajv",
  async (first) => {
    const { valid, refused } = await checkSchemas(first, 100, 20);
    expect(valid).toBeGreaterThan(1500);
    expect(refused).toBeLessThan(15);
  },
  600_000,
);
