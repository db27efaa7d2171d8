/**
 * Reads assembly/: the table of kernels with their parameters, the exported constants and enums, the
 * functions of the module.
 */
import { readdirSync, readFileSync } from "node:fs";
import assemblyscript from "assemblyscript";
import { ENUMS } from "./write-modules.js";

const { NodeKind, newOptions, newProgram, parse } = assemblyscript;

/** Parameters that the dispatch fills itself. */
const OWN = ["worker", "begin", "end"];
const INTEGERS = ["usize", "u32", "i32", ...Object.keys(ENUMS)];

/** How an argument is written to its slot. */
function kindOf(type, where) {
  if (type === "f32") return "float";
  if (type === "bool") return "boolean";
  if (INTEGERS.includes(type)) return "integer";
  throw new Error(`${where}: an argument of type ${type}; there are ${INTEGERS.join(", ")}, bool and f32`);
}

/** Top-level statements by file, with "norm/norm" for assembly/norm/norm.ts. */
function parseFiles() {
  const names = readdirSync("assembly", { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.startsWith("generated/"));
  const files = new Map();
  for (const name of names.toSorted()) {
    const program = newProgram(newOptions());
    parse(program, readFileSync(`assembly/${name}`, "utf8"), name, true);
    files.set(name.replace(/\.ts$/, ""), program.sources.at(-1).statements);
  }
  return files;
}

const isExported = (statement) => (statement.flags & 2) !== 0;
const textOf = (node) => node.range.toString();
const named = (statements, kind, name) =>
  statements.find((statement) => statement.kind === kind && statement.name.text === name);

/** A kernel of the table: "norm/norm layerNorm" or "matmul/matmul matmul<f32>". */
function readKernel(files, name, entry, group, number) {
  const [file, ...rest] = entry.split(" ");
  const call = rest.join(" ");
  const statements = files.get(file);
  const declared = statements && named(statements, NodeKind.FunctionDeclaration, call.replace(/<.*/, ""));
  if (!declared)
    throw new Error(`assembly/kernels.json: ${name}: there is no ${call} in assembly/${file}.ts`);
  const all = declared.signature.parameters.map((p) => ({ name: p.name.text, type: textOf(p.type) }));
  const own = all.filter((p) => !OWN.includes(p.name));
  const record = own.length === 1 && named(statements, NodeKind.ClassDeclaration, own[0].type);
  const fields = record ? record.members.map((m) => ({ name: m.name.text, type: textOf(m.type) })) : own;
  const parameters = fields.map((p) => ({ ...p, kind: kindOf(p.type, `${name}.${p.name}`) }));
  const typeFiles = typesOf(call).map((type) => ({ type, file: fileOfClass(files, type) }));
  return {
    name,
    number,
    group,
    file,
    call,
    typeFiles,
    parameters,
    all,
    record: record ? own[0].type : undefined,
  };
}

/** Type arguments that are classes: "Silu" of "gated<Silu>". */
const typesOf = (call) => call.match(/\b[A-Z]\w*\b(?=[,>])/g) ?? [];

function fileOfClass(files, type) {
  const found = [...files].find(([, statements]) => named(statements, NodeKind.ClassDeclaration, type));
  if (!found) throw new Error(`assembly/kernels.json: there is no class ${type}`);
  return found[0];
}

/** Numeric constants, with their values in both builds. Only exported ones reach TypeScript. */
function readConstants(files) {
  const values = (relaxed) => {
    const known = new Map([["ASC_FEATURE_RELAXED_SIMD", relaxed]]);
    const exported = new Map();
    const waiting = [...files].flatMap(([file, statements]) =>
      statements
        .filter(({ kind }) => kind === NodeKind.Variable)
        .flatMap(({ declarations }) =>
          declarations.map((d) => ({ file, exported: isExported(d), name: d.name.text, d })),
        ),
    );
    for (let left = waiting.length + 1; waiting.length < left; ) {
      left = waiting.length;
      for (const constant of waiting.splice(0)) {
        const value = evaluate(textOf(constant.d.initializer), known, constant.file);
        if (value === undefined) waiting.push(constant);
        else {
          const key = constant.exported ? constant.name : `${constant.file} ${constant.name}`;
          if (known.has(key)) throw new Error(`two constants have the name ${constant.name}`);
          known.set(key, value);
          if (constant.exported) exported.set(constant.name, value);
        }
      }
    }
    return exported;
  };
  const [plain, relaxed] = [values(false), values(true)];
  return [...plain].map(([name, value]) => ({ name, plain: value, relaxed: relaxed.get(name) }));
}

/** The value of an initializer; undefined if it is no number or names an unknown constant. */
function evaluate(text, known, file) {
  const expression = text.replaceAll(/<[a-z]+\d*>/g, "");
  const names = [...new Set(expression.match(/\b[A-Z][A-Z_\d]*\b/g) ?? [])];
  const values = names.map((name) => known.get(`${file} ${name}`) ?? known.get(name));
  if (values.includes(undefined) || /[a-z]\w*[(.]/i.test(expression)) return undefined;
  const value = Function(...names, `return ${expression}`)(...values);
  return typeof value === "number" ? value : undefined;
}

function readEnums(files) {
  return [...files.values()].flat().flatMap((statement) => {
    if (statement.kind !== NodeKind.EnumDeclaration || !isExported(statement)) return [];
    let next = 0;
    const members = statement.values.map(({ name, initializer }) => {
      const value = initializer ? Number(textOf(initializer)) : next;
      next = value + 1;
      return [name.text, value];
    });
    return [{ name: statement.name.text, members: Object.fromEntries(members) }];
  });
}

/** Functions that index.ts exports from the module. */
function readExports(files) {
  const statements = files.get("index").filter(({ kind }) => kind === NodeKind.Export);
  return statements.flatMap((statement) =>
    statement.members.map(({ localName }) => {
      const file = statement.path.value.replace("./", "");
      const { signature } = named(files.get(file), NodeKind.FunctionDeclaration, localName.text);
      const parameters = signature.parameters.map((p) => p.name.text);
      return { name: localName.text, parameters, returns: textOf(signature.returnType) };
    }),
  );
}

export function readAssembly() {
  const files = parseFiles();
  const table = JSON.parse(readFileSync("assembly/kernels.json", "utf8"));
  const entries = Object.entries(table).flatMap(([group, kernels]) =>
    Object.entries(kernels).map(([name, entry]) => ({ group, name, entry })),
  );
  const kernels = entries.map(({ group, name, entry }, number) =>
    readKernel(files, name, entry, group, number),
  );
  const constants = readConstants(files);
  const slots = constants.find(({ name }) => name === "ARGUMENT_SLOTS").plain;
  for (const { name, parameters } of kernels) {
    if (parameters.length > slots)
      throw new Error(`${name} has ${parameters.length} arguments; ${slots} fit`);
  }
  return { kernels, constants, enums: readEnums(files), functions: readExports(files) };
}
