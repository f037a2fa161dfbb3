import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import { type HttpAnswer, type HttpRequest, refuse } from "#azure/http.ts";
import { passing } from "#azure/refusals.ts";
import type { Sleep } from "#azure/tries.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Arm } from "./arm.ts";

/** Others register under the same name at the same time; each round loses to at least one of them. */
const MAX_TRIES = 5;
const SECOND_LOOK_MS = 1_000;

const Container = z.object({ properties: z.object({ nextVersion: z.string().nullish() }) });

const Version = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({
    modelUri: z.string().nullish(),
    properties: z.record(z.string(), z.string().nullable()).nullish(),
  }),
});
type Version = z.infer<typeof Version>;

export interface ModelToRegister {
  readonly name: string;
  /** Path in the default datastore, and its name. */
  readonly path: string;
  readonly datastore: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  /** Which of the properties together say that a version is this very model. */
  readonly identity: Readonly<Record<string, string>>;
}

export interface RegisteredModel {
  readonly name: string;
  readonly version: string;
  /** ARM id. */
  readonly id: string;
}

/** A version as it is registered now. */
export interface ModelVersion {
  readonly properties: Readonly<Record<string, string | null>>;
  /** `azureml://…/datastores/{name}/paths/{path}`, or what else Azure made of it. */
  readonly uri: string;
}

/** Tests hand in a `sleep` that takes no time. */
export function createModels(arm: Arm, sleep: Sleep = setTimeout) {
  /** Undefined when somebody else took this version first. */
  async function put(
    model: ModelToRegister,
    version: string,
  ): Promise<RegisteredModel | undefined> {
    const path = `/models/${model.name}/versions/${version}`;
    const request: HttpRequest = { method: "PUT", url: arm.urlOf(path), body: bodyOf(model, arm) };
    const answer = await arm.send({ ...request, accept: [400, 409] });
    if (answer.status < 400) {
      const { id } = readAnswer(Version, answer, `PUT ${path}`);
      return { name: model.name, version, id };
    }
    if ((await arm.find(path)) !== undefined) return undefined;
    const refused = refuse(request, answer);
    throw answer.status === 409 ? passing(refused) : refused;
  }

  async function findLater(path: string): Promise<HttpAnswer | undefined> {
    await sleep(SECOND_LOOK_MS);
    return arm.find(path);
  }

  return {
    /** Undefined where there is no such version (any more); `id` is its ARM id. */
    async read(id: string): Promise<ModelVersion | undefined> {
      const path = /\/models\/[^/]+\/versions\/[^/]+$/.exec(id)?.[0];
      if (path === undefined) return undefined;
      // What was registered a moment ago may not be there yet for everybody who is asked.
      const answer = (await arm.find(path)) ?? (await findLater(path));
      if (answer === undefined) return undefined;
      const { properties } = readAnswer(Version, answer, `GET ${path}`);
      return { properties: properties.properties ?? {}, uri: properties.modelUri ?? "" };
    },

    /** The version that is this model already, else a new one; versions are whole numbers. */
    async ensureRegistered(model: ModelToRegister): Promise<RegisteredModel> {
      const { name, identity } = model;
      for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
        const container = await arm.find(`/models/${name}`);
        const versions = (await arm.list(`/models/${name}/versions`, Version)) ?? [];
        const known = versions.find((version) => isSame(version, identity));
        if (known) return { name, version: known.name, id: known.id };
        const call = `GET model ${name}`;
        const next = container && readAnswer(Container, container, call).properties.nextVersion;
        const registered = await put(model, next ?? versionAfter(versions));
        if (registered !== undefined) return registered;
      }
      throw new PipelineError(
        "AZURE_BUSY",
        `Others keep taking the next version of model ${name}.`,
      );
    },
  };
}

function versionAfter(versions: readonly Version[]): string {
  const numbers = versions.map(({ name }) => Number(name)).filter(Number.isInteger);
  return String(Math.max(0, ...numbers) + 1);
}

function isSame({ properties }: Version, identity: Readonly<Record<string, string>>): boolean {
  const known = properties.properties ?? {};
  return Object.entries(identity).every(([key, value]) => (known[key] ?? "") === value);
}

function bodyOf(model: ModelToRegister, arm: Arm) {
  const { datastore, path, description, tags, properties, identity } = model;
  // In a model's URI, as in every one that Azure writes, the group's segment is all lower case.
  const place = arm
    .idOf(`/datastores/${datastore}/paths/${path}`)
    .replace("/resourceGroups/", "/resourcegroups/")
    .replace("/providers/Microsoft.MachineLearningServices", "");
  return {
    properties: {
      modelType: "custom_model",
      isAnonymous: false,
      isArchived: false,
      modelUri: `azureml:/${place}`,
      ...(description === null ? {} : { description }),
      tags,
      properties: { ...properties, ...identity },
    },
  };
}
