import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Deployment, type IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { type IJob, Job } from "kubernetes-models/batch/v1/Job";
import { type IService, Service } from "kubernetes-models/v1/Service";
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

const classes: Readonly<Record<string, new (manifest: never) => { validate(): void }>> = {
  "apps/v1 Deployment": Deployment,
  "batch/v1 Job": Job,
  "v1 Service": Service,
};

/** What the compiler says of manifests as constants of the API's types: it refuses unknown fields. */
function complaints(all: readonly Manifest[]): string {
  const source = all.map((manifest, i) => {
    const { apiVersion, kind } = manifest;
    const types = join(root, "node_modules/kubernetes-models", apiVersion, `${kind}.js`);
    return `import type { I${kind} as T${i} } from ${JSON.stringify(types)};
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

/** What the JSON schemas of the API say of a manifest; empty if its values are valid. */
function complaint(manifest: Manifest): string {
  const Kind = classes[`${manifest.apiVersion} ${manifest.kind}`];
  if (Kind === undefined) return `no schema of ${manifest.apiVersion} ${manifest.kind}`;
  try {
    new Kind(manifest as never).validate();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the manifests for Kubernetes", () => {
  it("have the fields of its API", () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(["Deployment", "Job", "Service"]);
    expect(complaints(manifests)).toBe("");
    const wrong = JSON.stringify(manifests).replace('"readinessProbe"', '"readynessProbe"');
    expect(complaints(JSON.parse(wrong) as Manifest[])).toMatch(/readynessProbe.* does not exist/);
  });

  it("have values that its schemas allow", () => {
    expect(manifests.map(complaint)).toEqual(["", "", ""]);
    const wrong = JSON.stringify(manifests)
      .replace('"completions":8', '"completions":"8"')
      .replace('"port":80', '"port":"http"')
      .replace('"replicas":3', '"replicas":3.5');
    expect((JSON.parse(wrong) as Manifest[]).map(complaint)).toEqual([
      expect.stringContaining("completions must be integer"),
      expect.stringContaining("replicas must be integer"),
      expect.stringContaining("port must be integer"),
    ]);
  });

  it("lead requests to the pods, and leave them the time that they ask for", () => {
    const { spec } = named<IDeployment>("Deployment");
    const { template, selector } = spec ?? {};
    const labels = template?.metadata?.labels ?? {};
    expect(labels).toMatchObject(selector?.matchLabels ?? { none: "" });
    expect(labels).toMatchObject(named<IService>("Service").spec?.selector ?? { none: "" });
    const [container] = template?.spec?.containers ?? [];
    const args = container?.args ?? [];
    const grace = Number.parseInt(args[args.indexOf("--grace") + 1] ?? "", 10);
    const pause = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(template?.spec?.terminationGracePeriodSeconds).toBeGreaterThan(grace + pause);
  });

  it("give each pod of the job its block", () => {
    const { spec } = named<IJob>("Job");
    const [container] = spec?.template.spec?.containers ?? [];
    const count = container?.env?.find(({ name }) => name === "JOB_COMPLETION_COUNT")?.value;
    expect([spec?.completionMode, count]).toEqual(["Indexed", String(spec?.completions)]);
    expect(container?.args).toContain("--shard=auto");
  });

  it("run without root and write to volumes alone", () => {
    for (const kind of ["Deployment", "Job"]) {
      const pod = named<IDeployment>(kind).spec?.template.spec;
      expect(pod?.securityContext?.runAsNonRoot).toBe(true);
      expect(pod?.containers[0]?.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
    }
  });
});
