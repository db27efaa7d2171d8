import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "kubernetes-types/apps/v1.d.ts";
import type { Job } from "kubernetes-types/batch/v1.d.ts";
import type { Service } from "kubernetes-types/core/v1.d.ts";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { root } from "../habits/sources.ts";

const file = temporaryFolder();
const folder = join(root, "deploy/kubernetes");

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const manifests = readdirSync(folder).flatMap((name) =>
  parseAllDocuments(readFileSync(join(folder, name), "utf8"), { strict: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  }),
);
const named = <T>(kind: string): T => manifests.find((manifest) => manifest.kind === kind) as T;

/** What the compiler says of manifests as constants of the API's types: it refuses unknown and missing fields. */
function complaints(all: readonly Manifest[]): string {
  const source = all.map((manifest, i) => {
    const { apiVersion, kind } = manifest;
    const group = apiVersion.includes("/") ? apiVersion.replace(/\..*\/|\//, "/") : `core/${apiVersion}`;
    const types = join(root, "node_modules/kubernetes-types", group);
    return `import type { ${kind} as T${i} } from ${JSON.stringify(types)};
export const m${i}: T${i} = ${JSON.stringify(manifest, null, 1)};\n`;
  });
  const path = file("manifests.ts");
  writeFileSync(path, source.join(""));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--module", "preserve"];
  try {
    execFileSync(join(root, "node_modules/.bin/tsc"), [...options, path], { encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("the manifests for Kubernetes", () => {
  it("have the fields of its API", () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(["Deployment", "Job", "Service"]);
    expect(complaints(manifests)).toBe("");
    const wrong = JSON.stringify(manifests)
      .replace('"readinessProbe"', '"readynessProbe"')
      .replace('"completions":8', '"completions":"8"');
    const refused = complaints(JSON.parse(wrong) as Manifest[]);
    expect(refused).toMatch(/readynessProbe.* does not exist/);
    expect(refused).toContain("Type 'string' is not assignable to type 'number'");
  });

  it("lead requests to the pods, and leave them the time that they ask for", () => {
    const { spec } = named<Deployment>("Deployment");
    const { template, selector } = spec ?? {};
    const labels = template?.metadata?.labels ?? {};
    expect(labels).toMatchObject(selector?.matchLabels ?? { none: "" });
    expect(labels).toMatchObject(named<Service>("Service").spec?.selector ?? { none: "" });
    const [container] = template?.spec?.containers ?? [];
    const args = container?.args ?? [];
    const grace = Number.parseInt(args[args.indexOf("--grace") + 1] ?? "", 10);
    const pause = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(template?.spec?.terminationGracePeriodSeconds).toBeGreaterThan(grace + pause);
  });

  it("give each pod of the job its block", () => {
    const { spec } = named<Job>("Job");
    const [container] = spec?.template.spec?.containers ?? [];
    const count = container?.env?.find(({ name }) => name === "JOB_COMPLETION_COUNT")?.value;
    expect([spec?.completionMode, count]).toEqual(["Indexed", String(spec?.completions)]);
    expect(container?.args).toContain("--shard=auto");
  });

  it("run without root and write to volumes alone", () => {
    for (const kind of ["Deployment", "Job"]) {
      const pod = named<Deployment>(kind).spec?.template.spec;
      expect(pod?.securityContext?.runAsNonRoot).toBe(true);
      expect(pod?.containers[0]?.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
    }
  });
});
