import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const folder = temporaryFolder();

function schemaFile(content: string): string {
  const path = folder("schema.json");
  writeFileSync(path, content);
  return path;
}

describe("gpt schema", () => {
  it("says what becomes of each keyword", async () => {
    const { status, stdout } = await inProcess("schema", schemaFile('{"type": "string", "title": "A text"}'));
    expect(status).toBe(0);
    expect(stdout).toBe(
      "where  keyword  treatment\n#      type     enforced\n#      title    annotation\nevery text keeps this schema\n",
    );
  });

  it("refuses what is not supported", async () => {
    const { status, stdout } = await inProcess("schema", schemaFile('{"$recursiveRef": "#"}'), "--json");
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toEqual({
      keywords: [{ pointer: "#", keyword: "$recursiveRef", treatment: "refused" }],
      ok: false,
      problem: "the JSON schema at #: $recursiveRef is not supported",
    });
  });

  it.each([
    ["[1]", "a JSON schema is an object, true or false"],
    ["{", "is not JSON"],
  ])("%s is no schema", async (content, problem) => {
    const { status, stderr } = await inProcess("schema", schemaFile(content));
    expect([status, stderr]).toEqual([4, expect.stringContaining(problem)]);
  });
});

describe("flags of grammars", () => {
  const text = ["generate", "Once", "-q", "--seed", "1", "-n", "60"];

  it("hold a text to a schema, a grammar, an expression, a list", async () => {
    const schema = schemaFile(
      '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}',
    );
    expect(JSON.parse((await inProcess(...text, "--json-schema", schema)).stdout)).toEqual({
      n: expect.any(Number),
    });
    expect((await inProcess(...text, "--json-schema", '{"const": "x"}')).stdout).toBe('"x"\n');
    JSON.parse((await inProcess(...text, "--any-json")).stdout);
    writeFileSync(folder("g.gbnf"), 'root ::= "a" [0-9]{3}');
    expect((await inProcess(...text, "--grammar", folder("g.gbnf"))).stdout).toMatch(/^a\d{3}\n$/);
    expect((await inProcess(...text, "--choices", "b\\,c,d")).stdout).toMatch(/^(?:b,c|d)\n$/);
  }, 120_000);

  it("are refused before a model is loaded", async () => {
    const nowhere = ["-m", folder("no-model")];
    const said = async (...flags: string[]) => (await inProcess(...text, ...nowhere, ...flags)).stderr;
    expect(await said("--json-schema", '{"$recursiveRef": "#"}')).toContain(
      "--json-schema: the JSON schema at #: $recursiveRef is not supported",
    );
    expect(await said("--regex", "(?=a)")).toContain("--regex: ");
    expect(await said("--grammar", folder("none"))).toContain("there is no such file");
    writeFileSync(folder("broken.gbnf"), "root ::= (");
    const broken = await inProcess(...text, ...nowhere, "--grammar", folder("broken.gbnf"));
    expect([broken.status, broken.stderr]).toEqual([
      4,
      expect.stringContaining("broken.gbnf: line 1 of the grammar"),
    ]);
    expect(await said("--regex", "a", "--choices", "a")).toContain(
      "--regex and --choices each say what the whole text is",
    );
  });
});
