import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import { type AzureHttp, type HttpAnswer, type HttpRequest, refuse } from "#azure/http.ts";
import { type WorkspaceName, workspacePath } from "#azure/machine-learning.ts";
import { serviceError } from "#azure/refusals.ts";
import { PipelineError } from "#domain/errors.ts";
import { hideSecrets } from "#domain/secrets.ts";

/** One that knows `mirrorTraffic`. */
const API_VERSION = "2025-12-01";
const MAX_PAGES = 50;

const Page = z.object({
  value: z.array(z.unknown()),
  nextLink: z.string().nullish(),
});

export interface ArmOptions {
  readonly http: AzureHttp;
  readonly workspace: WorkspaceName;
  readonly armEndpoint: string;
}

/** What is under the workspace in ARM, as raw bodies: nothing that Azure adds one day is lost on the way. */
export function createArm({ http, workspace, armEndpoint }: ArmOptions) {
  const base = workspacePath(workspace);
  const urlOf = (path: string) => `${armEndpoint}${base}${path}?api-version=${API_VERSION}`;

  return {
    /** ARM id of a resource, from its path below the workspace. */
    idOf: (path: string): string => `${base}${path}`,
    urlOf,
    send: http,

    /** Undefined when it is not there. */
    async find(path: string): Promise<HttpAnswer | undefined> {
      const answer = await http({ method: "GET", url: urlOf(path), accept: [404] });
      return answer.status === 404 ? undefined : answer;
    },

    /** Every page of a list; undefined under a resource that is not there. */
    async list<Item>(path: string, item: z.ZodType<Item>): Promise<Item[] | undefined> {
      const items: Item[] = [];
      let url: string | undefined = urlOf(path);
      for (let page = 0; url !== undefined && page < MAX_PAGES; page += 1) {
        const call = `GET ${path}`;
        const answer: HttpAnswer = await http({ method: "GET", url, accept: [404] });
        if (answer.status === 404) return undefined;
        const { value, nextLink } = readAnswer(Page, answer, call);
        items.push(...value.map((body) => readAnswer(item, { ...answer, body }, call)));
        url = nextLink ? requireOurs(nextLink, armEndpoint, call) : undefined;
      }
      return items;
    },

    /** A change of an endpoint or a deployment. Only one goes on at a time: a 409 or a lost race is AZURE_BUSY. */
    async change(request: Omit<HttpRequest, "url"> & { path: string }): Promise<HttpAnswer> {
      const { path, accept = [], ...rest } = request;
      const sent: HttpRequest = { ...rest, url: urlOf(path), accept: [...accept, 409, 412] };
      const answer = await http(sent);
      if (answer.status !== 409 && answer.status !== 412) return answer;
      const { message, cause, retryAfterMs } = refuse(sent, answer);
      const told = `${message} Another operation goes on there.`;
      throw new PipelineError("AZURE_BUSY", told, { cause, retryAfterMs });
    },

    async post(path: string, body?: unknown): Promise<HttpAnswer> {
      const request = { method: "POST", url: urlOf(path), repeatable: true } as const;
      return http(body === undefined ? request : { ...request, body });
    },

    /** Why an operation failed, if Azure still knows; looked up where the resource says. */
    async operationError(operation: string | undefined): Promise<string | undefined> {
      if (operation === undefined || !isOurs(operation, armEndpoint)) return undefined;
      try {
        const answer = await http({ method: "GET", url: operation, accept: [400, 403, 404] });
        const { code, message } = serviceError(answer.body) ?? {};
        return hideSecrets([code, message].filter(Boolean).join(": ")) || undefined;
      } catch {
        // It only explains a failure that is certain without it.
        return undefined;
      }
    },
  };
}

export type Arm = ReturnType<typeof createArm>;

/** Our token goes to ARM, wherever an answer may point. */
function isOurs(url: string, armEndpoint: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(armEndpoint).origin;
}

function requireOurs(url: string, armEndpoint: string, call: string): string {
  if (isOurs(url, armEndpoint)) return url;
  throw new PipelineError("AZURE_UNEXPECTED", `The next page of ${call} lies outside of ARM.`);
}
